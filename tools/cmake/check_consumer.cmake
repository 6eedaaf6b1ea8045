# Builds tests/consumer against an installed copy of the libraries, once with each of its own FLAGS.
#   cmake -D BUILD=<build folder> -D ROOT=<repository> -D FOLDER=<scratch> -D COMPILER=<c++>
#         -D GENERATOR=<generator> -D NM=<nm> -D TARGET=small|consumer -D FLAGS=<-O2|-O0|...>
#         -P check_consumer.cmake
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/check_tools.cmake)
file(REMOVE_RECURSE ${FOLDER})
set(prefix ${FOLDER}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD} --component dualtape_development --prefix ${prefix})

# The package says where headers and archives are and what they need, and nothing of how they were
# compiled.
file(GLOB_RECURSE exported ${prefix}/*/dualtapeTargets*.cmake)
if(NOT exported)
  message(FATAL_ERROR "no dualtapeTargets.cmake was installed")
endif()
foreach(file IN LISTS exported)
  file(READ ${file} text)
  foreach(word INTERFACE_COMPILE_OPTIONS INTERFACE_COMPILE_DEFINITIONS INTERFACE_LINK_OPTIONS
      EIGEN_ -march -fno- OpenMP)
    if(text MATCHES "${word}")
      message(FATAL_ERROR "${file} exports ${word}")
    endif()
  endforeach()
endforeach()

# A copy, so that nothing of the repository can be found by accident.
file(COPY ${ROOT}/tests/consumer/ DESTINATION ${FOLDER}/source)
string(REPLACE "|" ";" FLAGS "${FLAGS}")
set(number 0)
foreach(flags IN LISTS FLAGS)
  math(EXPR number "${number} + 1")
  set(build ${FOLDER}/build${number})
  message("-- a consumer with ${flags}")
  if(NOT flags MATCHES "-m")
    string(APPEND flags " -DCONSUMER_IS_PLAIN")
  endif()
  configure(${FOLDER}/source ${build} -D CMAKE_PREFIX_PATH=${prefix} -D "CONSUMER_FLAGS=${flags}")
  run(${CMAKE_COMMAND} --build ${build} --target ${TARGET})
  run(${build}/${TARGET})
  # What the library has compiled is not compiled here again, not even without optimisation, except
  # the destructors and copies that the compiler makes of itself.
  file(GLOB_RECURSE objects ${build}/*product.cpp.o)
  foreach(object IN LISTS objects)
    execute_process(COMMAND ${NM} --defined-only --demangle ${object} OUTPUT_VARIABLE symbols
      COMMAND_ERROR_IS_FATAL ANY)
    if(symbols MATCHES " [VW] (dualtape::(Graph|Model|Workspace|Point|Batch)<[a-z]+>::[a-z][^\n]*)")
      message(FATAL_ERROR "a consumer compiles ${CMAKE_MATCH_1} with flags of its own")
    endif()
  endforeach()
endforeach()

# The version file accepts the same minor version only.
file(WRITE ${FOLDER}/version/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(version LANGUAGES CXX)
find_package(dualtape 0.2 QUIET)
if(dualtape_FOUND)
  message(FATAL_ERROR \"0.1 was accepted as 0.2\")
endif()\n")
configure(${FOLDER}/version ${FOLDER}/version/build -D CMAKE_PREFIX_PATH=${prefix})
file(REMOVE_RECURSE ${FOLDER})
