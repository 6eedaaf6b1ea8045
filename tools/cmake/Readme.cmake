# Takes the code blocks out of README.md, so that none can rot: ```cpp blocks are compiled against the
# libraries, as a program that is then run if they have a main, else as the body of a function below
# their include lines; ```sh blocks are read by sh -n, and the tools they call must exist. All sh
# blocks together run as they stand, one line after the other, in a fresh folder where
# build/release/bin is that of this build; left out are the lines that set up, build, test or measure
# the checkout itself: tools/..., .ci/..., cmake ..., and bench_...
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md)
set(folder ${PROJECT_BINARY_DIR}/readme)
set(libraries "")
foreach(name lab analysis data models engine)
  if(TARGET dualtape::${name})
    list(APPEND libraries dualtape::${name})
  endif()
endforeach()

# Compiles the C++ of README.md line NUMBER.
function(dualtape_readme_cpp number code)
  set(target readme_line_${number})
  if(code MATCHES "int main\\(")
    file(CONFIGURE OUTPUT ${folder}/${target}.cpp CONTENT "@code@" @ONLY)
    add_executable(${target} ${folder}/${target}.cpp)
    add_test(NAME "README.md: program of line ${number}" COMMAND ${target}
      WORKING_DIRECTORY ${folder})
    set_tests_properties("README.md: program of line ${number}" PROPERTIES LABELS layer)
  else()
    string(REGEX MATCHALL "#include [^\n]*\n" includes "${code}")
    string(JOIN "" includes ${includes})
    string(REGEX REPLACE "#include [^\n]*\n" "" body "${code}")
    file(CONFIGURE OUTPUT ${folder}/${target}.cpp
      CONTENT "@includes@void readme() {\n@body@}\n" @ONLY)
    add_library(${target} OBJECT ${folder}/${target}.cpp)
  endif()
  target_link_libraries(${target} PRIVATE ${libraries})
endfunction()

# Checks the shell lines of README.md line NUMBER.
function(dualtape_readme_sh number code)
  file(CONFIGURE OUTPUT ${folder}/line_${number}.sh CONTENT "@code@" @ONLY)
  add_test(NAME "README.md: shell lines of line ${number}"
    COMMAND sh -n ${folder}/line_${number}.sh)
  set_tests_properties("README.md: shell lines of line ${number}" PROPERTIES LABELS layer)
  string(REGEX REPLACE "(^|\n)(tools/|\\.ci/|cmake |build/release/bin/bench_)" "\\1# \\2" lines "${code}")
  set_property(DIRECTORY APPEND_STRING PROPERTY readme_commands "${lines}")
  string(REGEX MATCHALL "(^|\n)(tools|\\.ci)/[a-z_.]+" tools "${code}")
  foreach(tool IN LISTS tools)
    string(STRIP "${tool}" tool)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${tool})
      message(FATAL_ERROR "README.md:${number}: there is no ${tool}")
    endif()
  endforeach()
endfunction()

# One block after the other: the text up to it is cut off, and its lines are counted.
file(READ ${PROJECT_SOURCE_DIR}/README.md text)
set(line 1)
while(TRUE)
  string(FIND "${text}" "\n```" start)
  if(start EQUAL -1)
    break()
  endif()
  math(EXPR start "${start} + 1")
  string(SUBSTRING "${text}" 0 ${start} before)
  string(REGEX REPLACE "[^\n]" "" newlines "${before}")
  string(LENGTH "${newlines}" count)
  math(EXPR line "${line} + ${count}")
  string(SUBSTRING "${text}" ${start} -1 text)
  string(FIND "${text}" "\n" first)
  string(FIND "${text}" "\n```" last)
  if(first EQUAL -1 OR last EQUAL -1)
    message(FATAL_ERROR "README.md:${line}: a code block has no end")
  endif()
  string(SUBSTRING "${text}" 3 ${first} language)
  string(STRIP "${language}" language)
  math(EXPR first "${first} + 1")
  math(EXPR length "${last} + 1 - ${first}")
  set(code "")
  if(length GREATER 0)
    string(SUBSTRING "${text}" ${first} ${length} code)
  endif()
  math(EXPR after "${last} + 4")
  string(SUBSTRING "${text}" 0 ${after} block)
  string(REGEX REPLACE "[^\n]" "" newlines "${block}")
  string(LENGTH "${newlines}" count)
  if(language MATCHES "^cpp")
    dualtape_readme_cpp(${line} "${code}")
  elseif(language MATCHES "^(sh|console|bash)")
    dualtape_readme_sh(${line} "${code}")
  endif()
  math(EXPR line "${line} + ${count}")
  string(SUBSTRING "${text}" ${after} -1 text)
endwhile()

# Minutes long, as the lines train whole recipes.
get_property(commands DIRECTORY PROPERTY readme_commands)
file(CONFIGURE OUTPUT ${folder}/commands.sh CONTENT "@commands@" @ONLY)
add_test(NAME "README.md: all shell lines, one after the other, in a fresh folder"
  COMMAND sh -ec "rm -rf fresh; mkdir -p fresh/build/release; cd fresh
    ln -s ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} build/release/bin; sh -ex ../commands.sh"
  WORKING_DIRECTORY ${folder})
set_tests_properties("README.md: all shell lines, one after the other, in a fresh folder" PROPERTIES
  LABELS slow TIMEOUT 1200)
