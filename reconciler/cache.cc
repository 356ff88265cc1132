// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache.h"
