# The engine as a part of another project, by add_subdirectory and by FetchContent, compiled for the
# other kind of machine than BUILD (portable or native) and with other flags than the host's own code.
#   cmake -D ROOT=<repository> -D FOLDER=<scratch> -D COMPILER=<c++> -D GENERATOR=<generator>
#         -D NATIVE=ON|OFF -P check_subproject.cmake
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/check_tools.cmake)
file(REMOVE_RECURSE ${FOLDER})
file(COPY ${ROOT}/tests/consumer/ DESTINATION ${FOLDER}/source)
set(flags -O2)
if(NOT NATIVE)
  set(flags "-O2 -march=native")
endif()
foreach(way subdirectory fetch)
  configure(${FOLDER}/source ${FOLDER}/build -D DUALTAPE_SOURCE=${ROOT} -D BY=${way}
    -D DUALTAPE_NATIVE=${NATIVE} -D "CONSUMER_FLAGS=${flags}"
    -D CMAKE_BUILD_TYPE=Release -D CMAKE_DISABLE_FIND_PACKAGE_CLI11=ON
    -D CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON -D CMAKE_DISABLE_FIND_PACKAGE_Boost=ON
    -D CMAKE_DISABLE_FIND_PACKAGE_tomlplusplus=ON)
  run(${CMAKE_COMMAND} --build ${FOLDER}/build --target consumer)
  run(${FOLDER}/build/consumer)
endforeach()
file(REMOVE_RECURSE ${FOLDER})
