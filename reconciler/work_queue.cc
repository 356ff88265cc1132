// SPDX-License-Identifier: Apache-2.0
#include "reconciler/work_queue.h"
