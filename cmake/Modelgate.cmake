# SPDX-License-Identifier: Apache-2.0
# What every target shares: warnings, hardening, sanitizers, precompiled headers, the linker, and the functions
# modelgate_library() and modelgate_test(), so that a folder's CMakeLists.txt is a list of files.

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED CONFIG)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)  # libstdc++ 12 has no <format>
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)

# RapidJSON 1.1.0 has an assignment operator that assigns to a constant, in an unused template; clang 19 rejects it. And
# its stack adds to a null pointer, which UBSan reports (later versions compare a difference instead). A patched copy of
# the headers precedes the installed ones. It is created once per build folder: a new copy would recompile everything.
find_path(RAPIDJSON_INSTALLED rapidjson/document.h REQUIRED)
set(RAPIDJSON_INCLUDE ${CMAKE_BINARY_DIR}/rapidjson-include)
if(NOT EXISTS ${RAPIDJSON_INCLUDE}/patched)
  file(COPY ${RAPIDJSON_INSTALLED}/rapidjson DESTINATION ${RAPIDJSON_INCLUDE})
  file(READ ${RAPIDJSON_INCLUDE}/rapidjson/document.h RAPIDJSON_TEXT)
  string(REPLACE "{ s = rhs.s; length = rhs.length; }" "= delete;" RAPIDJSON_TEXT "${RAPIDJSON_TEXT}")
  file(WRITE ${RAPIDJSON_INCLUDE}/rapidjson/document.h "${RAPIDJSON_TEXT}")
  file(READ ${RAPIDJSON_INCLUDE}/rapidjson/internal/stack.h RAPIDJSON_TEXT)
  string(REPLACE "stackTop_ + sizeof(T) * count > stackEnd_"
                 "static_cast<std::ptrdiff_t>(sizeof(T) * count) > stackEnd_ - stackTop_" RAPIDJSON_TEXT
                 "${RAPIDJSON_TEXT}")
  string(REPLACE "stackTop_ + sizeof(T) * count <= stackEnd_"
                 "static_cast<std::ptrdiff_t>(sizeof(T) * count) <= stackEnd_ - stackTop_" RAPIDJSON_TEXT
                 "${RAPIDJSON_TEXT}")
  file(WRITE ${RAPIDJSON_INCLUDE}/rapidjson/internal/stack.h "${RAPIDJSON_TEXT}")
  file(TOUCH ${RAPIDJSON_INCLUDE}/patched)
endif()
include_directories(SYSTEM ${RAPIDJSON_INCLUDE})

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_SOURCE_DIR}/cmake/compile ${CMAKE_SOURCE_DIR} ${CCACHE})
endif()

# -pthread everywhere: a compilation can use a precompiled header only if both have it.
add_compile_options(-pthread -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror
                    -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
add_link_options(-fuse-ld=lld-19)
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  # -g1 keeps line numbers for profiles and backtraces at a fraction of the build time of -g.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
  add_compile_options(-fstack-protector-strong)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,--gc-sections -Wl,-z,relro,-z,now)
endif()
if(MODELGATE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -O1 -g1)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(MODELGATE_SANITIZE MODELGATE_CHECK_VIEWS)
endif()

if(MODELGATE_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping -O1)
  add_link_options(-fprofile-instr-generate)
endif()

# Tests are compiled without optimization, the code under test with it: most of a test's compile time was optimization of
# GoogleTest's macros.
set(MODELGATE_TEST_OPTIONS -O0)

# What `make unit` builds.
add_custom_target(unit-tests)
# What must be built before clang-tidy or an editor can read a file.
add_custom_target(precompiled-headers)

# Precompiled headers: the standard headers that most files include, and for tests GoogleTest's too. They contain system
# headers only, so that a changed header of ours recompiles only the files that include it. A file still includes all that
# it uses, so that it compiles without them (-DMODELGATE_PCH=OFF).
function(modelgate_precompiled_headers name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINK" ${ARGN})
  add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/empty.cc)
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
  # Without timestamps: Ninja knows when a header has changed.
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  add_dependencies(precompiled-headers ${name})
endfunction()
if(MODELGATE_PCH)
  set(STANDARD_HEADERS
      <algorithm> <array> <charconv> <chrono> <cstddef> <cstdint> <expected> <functional> <map> <memory> <optional> <set>
      <span> <string> <string_view> <utility> <variant> <vector> <fmt/format.h>)
  modelgate_precompiled_headers(modelgate_headers HEADERS ${STANDARD_HEADERS} LINK fmt::fmt)
  if(MODELGATE_TESTS)
    find_package(GTest REQUIRED)
    modelgate_precompiled_headers(modelgate_test_headers LINK fmt::fmt GTest::gmock
      HEADERS ${STANDARD_HEADERS} <filesystem> <fstream> <sstream> <gmock/gmock.h> <gtest/gtest.h>)
    target_compile_options(modelgate_test_headers PRIVATE ${MODELGATE_TEST_OPTIONS})
  endif()
endif()

# MODELGATE_REVISION: the git revision that --version prints. Set it to build from sources without a git repository.
if(NOT DEFINED CACHE{MODELGATE_REVISION})
  set(MODELGATE_REVISION "")
  execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} rev-parse --short=12 HEAD OUTPUT_VARIABLE MODELGATE_REVISION
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} diff-index --quiet HEAD RESULT_VARIABLE dirty ERROR_QUIET)
    if(dirty)
      string(APPEND MODELGATE_REVISION "-dirty")
    endif()
  endif()
endif()

# modelgate_library(NAME SOURCES <file>.cc ... [LINK ...] [PRIVATE_LINK ...])
# A static library named for its folder, included by its path from the root.
function(modelgate_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(modelgate_${name} STATIC ${ARG_SOURCES})
  add_library(modelgate::${name} ALIAS modelgate_${name})
  target_include_directories(modelgate_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(modelgate_${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  if(MODELGATE_PCH)
    target_precompile_headers(modelgate_${name} REUSE_FROM modelgate_headers)
  endif()
endfunction()

# modelgate_define_where_used(MACRO TEXT SOURCE...)
# Defines MACRO as the string TEXT, a path of this checkout, for the sources that use it. The others do not depend on the
# path, so that ccache can share them between clones.
function(modelgate_define_where_used macro text)
  foreach(source ${ARGN})
    file(STRINGS ${source} uses REGEX ${macro})
    if(uses)
      set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS "${macro}=\"${text}\"")
    endif()
  endforeach()
endfunction()

# modelgate_test(NAME SOURCES <file>_test.cc ... [LINK ...])
# One GoogleTest program a folder, registered with ctest under the label "unit".
function(modelgate_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  modelgate_define_where_used(MODELGATE_SOURCE_DIR "${CMAKE_SOURCE_DIR}" ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest_main GTest::gmock)
  target_compile_options(${name} PRIVATE ${MODELGATE_TEST_OPTIONS})
  if(MODELGATE_PCH)
    target_precompile_headers(${name} REUSE_FROM modelgate_test_headers)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  add_dependencies(unit-tests ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
