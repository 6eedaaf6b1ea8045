# The engine alone configures without the libraries of the programs, and its package follows the
# folders for headers and archives, INCLUDEDIR and LIBDIR, relative to the prefix or absolute. The
# archives are those of BUILD, so nothing large is compiled.
#   cmake -D BUILD=<build folder> -D ROOT=<repository> -D FOLDER=<scratch> -D COMPILER=<c++>
#         -D GENERATOR=<generator> -D INCLUDEDIR=<folder> -D LIBDIR=<folder> -P check_package.cmake
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/check_tools.cmake)
file(REMOVE_RECURSE ${FOLDER})
configure_engine_alone(${FOLDER}/engine -D CMAKE_BUILD_TYPE=RelWithDebInfo
  -D CMAKE_INSTALL_PREFIX=${FOLDER}/prefix
  -D CMAKE_INSTALL_INCLUDEDIR=${INCLUDEDIR} -D CMAKE_INSTALL_LIBDIR=${LIBDIR})
file(COPY ${BUILD}/lib/libdualtape_engine.a ${BUILD}/lib/libdualtape_models.a
  DESTINATION ${FOLDER}/engine/lib)
run(${CMAKE_COMMAND} --install ${FOLDER}/engine)

cmake_path(ABSOLUTE_PATH INCLUDEDIR BASE_DIRECTORY ${FOLDER}/prefix)
cmake_path(ABSOLUTE_PATH LIBDIR BASE_DIRECTORY ${FOLDER}/prefix)
foreach(file ${INCLUDEDIR}/dualtape/engine/dualtape.h ${LIBDIR}/libdualtape_engine.a
    ${LIBDIR}/cmake/dualtape/dualtapeConfig.cmake)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()
if(IS_DIRECTORY ${FOLDER}/prefix/include OR IS_DIRECTORY ${FOLDER}/prefix/lib)
  message(FATAL_ERROR "a part lies where it lies by default")
endif()
file(COPY ${ROOT}/tests/consumer/ DESTINATION ${FOLDER}/source)
configure(${FOLDER}/source ${FOLDER}/build -D dualtape_DIR=${LIBDIR}/cmake/dualtape)
run(${CMAKE_COMMAND} --build ${FOLDER}/build --target small)
run(${FOLDER}/build/small)
file(REMOVE_RECURSE ${FOLDER})
