# Names the sources that clang-format 14 would write differently. Says so where it is not installed;
# one that is there and cannot run is an error.
#   cmake -D ROOT=<repository> [-D formatter=<program>] -P check_format.cmake
# Repair:  clang-format-14 -i FILES
cmake_minimum_required(VERSION 3.25)
find_program(formatter NAMES clang-format-14 clang-format)
if(NOT formatter)
  message("skipped: clang-format 14 is not installed; tools/setup --developer brings it")
  return()
endif()

# Runs the formatter into the variables output and errors.
function(run_formatter)
  execute_process(COMMAND ${formatter} ${ARGN}
    RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${formatter} ${ARGV0} ended with \"${code}\": ${errors}\n"
      "repair the installation, or .clang-format if it is to blame")
  endif()
  set(output "${output}" PARENT_SCOPE)
  set(errors "${errors}" PARENT_SCOPE)
endfunction()

run_formatter(--version)
if(NOT output MATCHES "version ([0-9]+)\\.")
  message(FATAL_ERROR "${formatter} --version does not print a version: ${output}")
elseif(NOT CMAKE_MATCH_1 EQUAL 14)
  message("skipped: clang-format 14 is not installed, only ${CMAKE_MATCH_1}; "
    "tools/setup --developer brings it")
  return()
endif()

set(files "")
foreach(folder engine models experiments bench tests tools)
  file(GLOB_RECURSE found ${ROOT}/${folder}/*.h ${ROOT}/${folder}/*.cpp)
  list(APPEND files ${found})
endforeach()
run_formatter(--style=file --dry-run ${files})
string(REGEX MATCHALL "[^\n]+:[0-9]+:[0-9]+: warning: code should be clang-formatted" places "${errors}")
set(wrong ${places})
list(TRANSFORM wrong REPLACE ":.*" "")
list(REMOVE_DUPLICATES wrong)
foreach(file IN LISTS wrong)
  set(here ${places})
  string(REPLACE "." "\\." pattern "${file}")
  list(FILTER here INCLUDE REGEX "^${pattern}:")
  list(LENGTH here count)
  cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${ROOT})
  message("${file}: ${count} places")
endforeach()
if(wrong)
  list(LENGTH wrong count)
  message(FATAL_ERROR "${count} files are not formatted; repair with  ${formatter} -i FILES")
endif()
