# Finds every library and gathers all that are missing into one message.
set(missing "")
macro(dualtape_missing name purpose debian brew variable without)
  string(APPEND missing
    "\n  ${name}: ${purpose}\n    Debian/Ubuntu: ${debian}   brew: ${brew}"
    "\n    or point ${variable} to a copy${without}")
endmacro()

find_package(Eigen3 3.4 QUIET NO_MODULE)
if(NOT TARGET Eigen3::Eigen)
  dualtape_missing(Eigen "matrices and their products" libeigen3-dev eigen Eigen3_DIR "")
endif()

find_path(RANDOM123_INCLUDE_DIR Random123/philox.h HINTS ENV RANDOM123_INCLUDE_DIR
  DOC "Folder that contains Random123/philox.h")
if(NOT RANDOM123_INCLUDE_DIR)
  dualtape_missing(Random123 "counter-based random numbers" librandom123-dev
    "none; https://github.com/DEShawResearch/random123" RANDOM123_INCLUDE_DIR "")
endif()

find_package(Threads REQUIRED)

# What the programs alone need.
if(DUALTAPE_PROGRAMS)
  find_package(CLI11 QUIET)
  if(NOT CLI11_FOUND)
    dualtape_missing(CLI11 "command lines" libcli11-dev cli11 CLI11_DIR "")
  endif()

  find_package(nlohmann_json 3.10 QUIET)
  if(NOT nlohmann_json_FOUND)
    dualtape_missing(nlohmann-json "manifests, summaries and checkpoint headers" nlohmann-json3-dev
      nlohmann-json nlohmann_json_DIR "")
  endif()

  find_package(tomlplusplus 3.3 QUIET)
  if(NOT tomlplusplus_FOUND)
    dualtape_missing(toml++ "recipes and settings" libtomlplusplus-dev tomlplusplus tomlplusplus_DIR "")
  endif()

  if(DUALTAPE_FIGURES)
    find_path(GNUPLOT_IOSTREAM_INCLUDE_DIR gnuplot-iostream.h PATH_SUFFIXES gnuplot-iostream
      HINTS ENV GNUPLOT_IOSTREAM_INCLUDE_DIR DOC "Folder that contains gnuplot-iostream.h")
    # Boost's own configuration, as CMake no longer brings one; system is header-only in new releases.
    find_package(Boost QUIET CONFIG COMPONENTS iostreams filesystem OPTIONAL_COMPONENTS system)
    if(NOT GNUPLOT_IOSTREAM_INCLUDE_DIR)
      dualtape_missing(gnuplot-iostream "figures" libgnuplot-iostream-dev
        "none; https://github.com/dstahlke/gnuplot-iostream" GNUPLOT_IOSTREAM_INCLUDE_DIR
        ", or -DDUALTAPE_FIGURES=OFF")
    endif()
    if(NOT TARGET Boost::iostreams OR NOT TARGET Boost::filesystem)
      dualtape_missing("Boost iostreams, system, filesystem" "figures"
        "libboost-iostreams-dev libboost-system-dev libboost-filesystem-dev"
        boost Boost_DIR ", or -DDUALTAPE_FIGURES=OFF")
    endif()
  endif()
endif()

if(missing)
  message(FATAL_ERROR "dualtape needs packages that were not found:${missing}\n"
    "tools/setup installs all of them on Debian and Ubuntu; -D DUALTAPE_PROGRAMS=OFF builds the engine "
    "alone, which needs Eigen and Random123.")
endif()

if(DUALTAPE_TESTS)
  find_package(doctest QUIET)
  find_package(Spectra QUIET)
  if(NOT doctest_FOUND OR NOT Spectra_FOUND)
    message(STATUS "doctest-dev or libspectra-dev not found: no tests will be built")
    set(DUALTAPE_TESTS OFF)
  endif()
endif()
if(DUALTAPE_BENCH)
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    message(STATUS "libbenchmark-dev not found: no benchmarks will be built")
    set(DUALTAPE_BENCH OFF)
  endif()
  find_package(Spectra QUIET)
  if(NOT Spectra_FOUND)
    message(STATUS "libspectra-dev not found: no comparison of eigensolvers will be built")
  endif()
endif()

add_library(dualtape_random123 INTERFACE)
target_include_directories(dualtape_random123 SYSTEM INTERFACE
  $<BUILD_INTERFACE:${RANDOM123_INCLUDE_DIR}>)

# Everything a file needs that includes gnuplot-iostream.h; no such target without figures.
if(DUALTAPE_PROGRAMS AND DUALTAPE_FIGURES)
  add_library(dualtape_gnuplot INTERFACE)
  target_include_directories(dualtape_gnuplot SYSTEM INTERFACE ${GNUPLOT_IOSTREAM_INCLUDE_DIR})
  target_link_libraries(dualtape_gnuplot INTERFACE Boost::iostreams Boost::filesystem)
  if(TARGET Boost::system)
    target_link_libraries(dualtape_gnuplot INTERFACE Boost::system)
  endif()
  target_compile_definitions(dualtape_gnuplot INTERFACE DUALTAPE_FIGURES)
endif()
