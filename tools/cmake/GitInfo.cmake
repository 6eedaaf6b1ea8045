# The commit that is being built, for manifests: library dualtape_git_info, header engine/core/git_info.h.
# Looked up by every build, not when CMake configures, so that it cannot be stale; the file is only
# written, and the library only compiled, when the answer changed. As a script (cmake -P) it does
# that; included, it sets the target up.
if(CMAKE_SCRIPT_MODE_FILE)
  cmake_minimum_required(VERSION 3.25)
  set(hash unknown)
  set(dirty false)
  if(GIT AND EXISTS ${ROOT}/.git)
    execute_process(COMMAND ${GIT} rev-parse --short=12 HEAD WORKING_DIRECTORY ${ROOT}
      OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE code ERROR_QUIET)
    if(code EQUAL 0)
      set(hash ${answer})
    endif()
    execute_process(COMMAND ${GIT} status --porcelain --untracked-files=no
      WORKING_DIRECTORY ${ROOT} OUTPUT_VARIABLE changes ERROR_QUIET)
    if(changes)
      set(dirty true)
    endif()
  endif()
  file(CONFIGURE OUTPUT ${FILE} @ONLY CONTENT "#include \"engine/core/git_info.h\"
namespace dualtape {
const char* const kGitHash = \"@hash@\";
const bool kIsGitDirty = @dirty@;
}  // namespace dualtape
")
  return()
endif()

find_package(Git QUIET)
set(git_info ${PROJECT_BINARY_DIR}/generated/git_info.cpp)
add_custom_target(dualtape_git_lookup BYPRODUCTS ${git_info} COMMENT "Looking up the commit"
  COMMAND ${CMAKE_COMMAND} -D GIT=${GIT_EXECUTABLE} -D ROOT=${PROJECT_SOURCE_DIR}
    -D FILE=${git_info} -P ${CMAKE_CURRENT_LIST_FILE})
add_library(dualtape_git_info STATIC ${git_info})
add_dependencies(dualtape_git_info dualtape_git_lookup)
target_include_directories(dualtape_git_info PUBLIC ${PROJECT_SOURCE_DIR})
