# Runs check_format.cmake with formatters that are not installed, too new, broken or well, and
# demands that each is told from the others.
#   cmake -D FOLDER=<scratch folder> -P check_format_selftest.cmake
cmake_minimum_required(VERSION 3.25)
set(checker ${CMAKE_CURRENT_LIST_DIR}/check_format.cmake)
set(failures 0)
file(REMOVE_RECURSE ${FOLDER})
file(WRITE ${FOLDER}/tree/engine/a.cpp "int a;\n")
file(MAKE_DIRECTORY ${FOLDER}/nothing)

# expect(NAME CODE MESSAGE LINES...): with the shell script LINES as clang-format-14 (none: no
# program), the check prints MESSAGE and ends with 0 or 1. Only a skipped check says "skipped: ".
function(expect name code message)
  set(path ${FOLDER}/nothing)
  if(ARGN)
    set(path ${FOLDER}/${name})
    list(JOIN ARGN "\n" lines)
    file(WRITE ${path}/clang-format-14 "#!/bin/sh\n${lines}\n")
    file(CHMOD ${path}/clang-format-14 PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  endif()
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env PATH=${path}
      ${CMAKE_COMMAND} -D ROOT=${FOLDER}/tree -P ${checker}
    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE got)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake breaks the lines of errors
  string(FIND "${output}" "${message}" place)
  if(NOT got EQUAL code OR place EQUAL -1 OR (code AND output MATCHES "skipped: "))
    message("${name}: expected ${code} and \"${message}\"\n  got ${got}: ${output}")
    math(EXPR failures "${failures} + 1")
    set(failures ${failures} PARENT_SCOPE)
  endif()
endfunction()

# "$1" is the first word of the command line.
set(version "[ \"$1\" != --version ] || { echo Debian clang-format version 14.0.6; exit 0\\; }")
set(warning "warning: code should be clang-formatted [-Wclang-format-violations]")
expect(absent 0 "skipped: clang-format 14 is not installed; ")
expect(newer 0 "skipped: clang-format 14 is not installed, only 19" "echo clang-format version 19.1.7")
expect(well 0 "" "${version}")
expect(unformatted 1 "engine/a.cpp: 1 places" "${version}"
  "echo '${FOLDER}/tree/engine/a.cpp:1:4: ${warning}' >&2")
expect(without_library 1 "ended with \"127\": libclang-cpp.so.14 is missing"
  "echo libclang-cpp.so.14 is missing >&2" "exit 127")
expect(killed 1 "--version ended with \"" "kill -9 $$")
expect(killed_later 1 "--style=file ended with \"" "${version}" "kill -9 $$")
expect(silent 1 "does not print a version" "exit 0")
expect(bad_style 1 "unknown key 'Indent'" "${version}" "echo \"unknown key 'Indent'\" >&2" "exit 1")
file(REMOVE_RECURSE ${FOLDER})
if(failures)
  message(FATAL_ERROR "${failures} expectations failed")
endif()
