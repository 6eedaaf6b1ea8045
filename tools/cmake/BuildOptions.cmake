# How the sources of this project are compiled. All of it is private: a program that links the engine
# keeps its own architecture, floating-point and Eigen settings (engine/core/storage.h says why it may).
#
#   dualtape_add_flags(FLAGS [OPTIONS ...] [DEFINITIONS ...])   a set of flags with a precompiled header
#   dualtape_build_options(TARGET FLAGS)                        compiles TARGET with them
#
# Reading Eigen and the standard library takes most of the time of most files, so each set of flags
# reads them once. -D CMAKE_DISABLE_PRECOMPILE_HEADERS=ON shows includes that a file forgot.
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/precompiled.cpp
  CONTENT "// Carries the precompiled header.\n")

function(dualtape_add_flags flags)
  cmake_parse_arguments(ARG "" "" "OPTIONS;DEFINITIONS" ${ARGN})
  add_library(${flags} INTERFACE)
  target_compile_features(${flags} INTERFACE cxx_std_20)
  target_compile_options(${flags} INTERFACE
    -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
    $<$<BOOL:${DUALTAPE_WERROR}>:-Werror>
    -fno-math-errno -fno-trapping-math $<$<BOOL:${DUALTAPE_NATIVE}>:-march=native>
    $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique> ${ARG_OPTIONS})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # It warns falsely inside its own AVX-512 headers, which Eigen uses under -march=native, and
    # about sums of strings.
    target_compile_options(${flags} INTERFACE -Wno-maybe-uninitialized -Wno-uninitialized
                           -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  # Products are never threaded inside. Eigen's buffers beyond 40 KiB, about the largest array of its
  # own, come from the heap: the stacks of callers may be small. It orders its sums by the sizes of
  # the caches: fixed ones give the same bits on every machine of one instruction set.
  target_compile_definitions(${flags} INTERFACE EIGEN_DONT_PARALLELIZE
    EIGEN_STACK_ALLOCATION_LIMIT=40960 EIGEN_NO_CPUID EIGEN_DEFAULT_L1_CACHE_SIZE=32768
    EIGEN_DEFAULT_L2_CACHE_SIZE=524288 EIGEN_DEFAULT_L3_CACHE_SIZE=4194304 ${ARG_DEFINITIONS})

  add_library(${flags}_header STATIC ${PROJECT_BINARY_DIR}/generated/precompiled.cpp)
  target_link_libraries(${flags}_header PRIVATE Eigen3::Eigen ${flags})
  target_precompile_headers(${flags}_header PRIVATE <algorithm> <array> <cmath> <complex> <cstdint>
    <filesystem> <fstream> <functional> <iostream> <limits> <map> <memory> <numeric> <optional> <set>
    <span> <sstream> <stdexcept> <string> <string_view> <tuple> <utility> <vector> <Eigen/Core>)
endfunction()

# The files of a target are compiled several at a time: they instantiate the same products of Eigen,
# which takes more than what they say themselves. So the names of a library's helpers differ. An
# edited file is compiled with its neighbours again; -D DUALTAPE_UNITY=OFF compiles each alone.
function(dualtape_build_options target flags)
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD ${DUALTAPE_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${flags}>)
  target_precompile_headers(${target} REUSE_FROM ${flags}_header)
endfunction()

# What computes in bulk has the optimisation of the build type. Programs, reports and tests mostly
# wait for it: there -O3 doubles the time to compile and gains nothing.
dualtape_add_flags(dualtape_numerics)
dualtape_add_flags(dualtape_programs OPTIONS $<$<CONFIG:Release,RelWithDebInfo>:-O1>)
