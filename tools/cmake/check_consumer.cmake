# Installs the libraries into FOLDER and builds tests/consumer against that copy.
#   cmake -D BUILD=<build folder> -D SOURCE=<tests/consumer> -D FOLDER=<scratch> -D COMPILER=<c++>
#         -D GENERATOR=<generator> -P check_consumer.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${FOLDER})
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
run(${CMAKE_COMMAND} --install ${BUILD} --component dualtape_development --prefix ${FOLDER}/prefix)
# A copy, so that nothing of the repository can be found by accident.
file(COPY ${SOURCE}/ DESTINATION ${FOLDER}/source)
run(${CMAKE_COMMAND} -S ${FOLDER}/source -B ${FOLDER}/build -G ${GENERATOR}
  -D CMAKE_PREFIX_PATH=${FOLDER}/prefix -D CMAKE_CXX_COMPILER=${COMPILER}
  -D CMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build ${FOLDER}/build)
run(${FOLDER}/build/consumer)
# The version file accepts the same minor version only.
file(WRITE ${FOLDER}/version/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(version LANGUAGES CXX)
find_package(dualtape 0.2 QUIET)
if(dualtape_FOUND)
  message(FATAL_ERROR \"0.1 was accepted as 0.2\")
endif()\n")
run(${CMAKE_COMMAND} -S ${FOLDER}/version -B ${FOLDER}/version/build -G ${GENERATOR}
  -D CMAKE_PREFIX_PATH=${FOLDER}/prefix -D CMAKE_CXX_COMPILER=${COMPILER})
file(REMOVE_RECURSE ${FOLDER})
