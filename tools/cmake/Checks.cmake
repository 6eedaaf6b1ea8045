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

# Programs of others, which find an installed copy, or build the engine as a part of themselves. A
# sanitized library wants sanitized programs, and those of others are not.
if(DUALTAPE_INSTALL AND NOT DUALTAPE_SANITIZE)
  set(scratch ${PROJECT_BINARY_DIR}/hosts)
  set(tools -D BUILD=${PROJECT_BINARY_DIR} -D ROOT=${PROJECT_SOURCE_DIR}
    -D COMPILER=${CMAKE_CXX_COMPILER} -D GENERATOR=${CMAKE_GENERATOR} -D NM=${CMAKE_NM})
  if(NOT dualtape_unsealed)
    set(archives "$<TARGET_FILE:dualtape_engine>|$<TARGET_FILE:dualtape_models>")
    if(DUALTAPE_PROGRAMS)
      string(APPEND archives "|$<TARGET_FILE:dualtape_pairs>|$<TARGET_FILE:dualtape_measures>")
    endif()
    dualtape_add_check("install: archives offer dualtape's own symbols alone" layer
      -D ARCHIVES=${archives} -D NM=${CMAKE_NM} -P ${here}/check_symbols.cmake)
  endif()
  dualtape_add_check("install: the package carries no flags, and a project outside builds with it" lab
    ${tools} -D FOLDER=${scratch}/small -D TARGET=small -D FLAGS=-O0 -P ${here}/check_consumer.cmake)
  dualtape_add_check("install: the engine alone, in folders below the prefix" lab
    ${tools} -D FOLDER=${scratch}/below -D INCLUDEDIR=headers/of/others -D LIBDIR=lib64/x
    -P ${here}/check_package.cmake)
  dualtape_add_check("install: the engine alone, in folders elsewhere" lab
    ${tools} -D FOLDER=${scratch}/elsewhere -D INCLUDEDIR=${scratch}/elsewhere/some/headers
    -D LIBDIR=${scratch}/elsewhere/other/archives -P ${here}/check_package.cmake)
  dualtape_add_check("install: programs with other flags, ops and threads run beside the engine" slow
    ${tools} -D FOLDER=${scratch}/flags -D TARGET=consumer
    "-D FLAGS=-O2|-O0 -D_GLIBCXX_ASSERTIONS|-O2 -march=native" -P ${here}/check_consumer.cmake)
  dualtape_add_check("install: the engine as a part of a project with other flags" slow
    ${tools} -D FOLDER=${scratch}/part -D NATIVE=$<NOT:$<BOOL:${DUALTAPE_NATIVE}>>
    -P ${here}/check_subproject.cmake)
  set_tests_properties("install: the engine as a part of a project with other flags" PROPERTIES
    TIMEOUT 3600)
endif()

if(EXISTS ${PROJECT_SOURCE_DIR}/README.md)
  include(Readme)
endif()
