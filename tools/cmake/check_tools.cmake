# Steps that the checks of installations share; COMPILER and GENERATOR are those of the build.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# configure(SOURCE BUILD ARGUMENTS...)
function(configure source build)
  run(${CMAKE_COMMAND} -S ${source} -B ${build} -G ${GENERATOR}
    -D CMAKE_CXX_COMPILER=${COMPILER} ${ARGN})
endfunction()

# The engine without what the programs need, in BUILD.
function(configure_engine_alone build)
  set(refused "")
  foreach(package CLI11 nlohmann_json Boost tomlplusplus doctest Spectra benchmark)
    list(APPEND refused -D CMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
  endforeach()
  configure(${ROOT} ${build} -D DUALTAPE_PROGRAMS=OFF -D DUALTAPE_TESTS=OFF -D DUALTAPE_BENCH=OFF
    ${refused} ${ARGN})
endfunction()
