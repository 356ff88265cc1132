// SPDX-License-Identifier: Apache-2.0
//
// Nothing: a target of precompiled headers needs a source file.
