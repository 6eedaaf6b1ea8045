# Tests of the project itself: layering, formatting, README, installation.
function(dualtape_add_check name label)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS ${label} SKIP_REGULAR_EXPRESSION "skipped: ")
endfunction()
set(here ${PROJECT_SOURCE_DIR}/tools/cmake)

dualtape_add_check("layers: includes and words" layer
  -D ROOT=${PROJECT_SOURCE_DIR} -P ${here}/check_layers.cmake)
dualtape_add_check("layers: each rule catches what breaks it" layer
  -D FOLDER=${PROJECT_BINARY_DIR}/layers -P ${here}/check_layers_selftest.cmake)
dualtape_add_check("format: clang-format 14" layer
  -D ROOT=${PROJECT_SOURCE_DIR} -P ${here}/check_format.cmake)
dualtape_add_check("format: a formatter that cannot run is an error" layer
  -D FOLDER=${PROJECT_BINARY_DIR}/format -P ${here}/check_format_selftest.cmake)
dualtape_add_check("install: a project outside builds against it" slow
  -D BUILD=${PROJECT_BINARY_DIR} -D SOURCE=${PROJECT_SOURCE_DIR}/tests/consumer
  -D FOLDER=${PROJECT_BINARY_DIR}/consumer -D COMPILER=${CMAKE_CXX_COMPILER}
  -D GENERATOR=${CMAKE_GENERATOR} -P ${here}/check_consumer.cmake)

if(EXISTS ${PROJECT_SOURCE_DIR}/README.md)
  include(Readme)
endif()
