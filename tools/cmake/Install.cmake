# Installation in two components: dualtape_development holds libraries, headers and the CMake package,
# dualtape_programs the binaries, their recipes and completions. A library user needs the first only:
#   cmake --install build/portable --component dualtape_development --prefix DIR
# Headers lie under include/dualtape, which is the include root: #include "engine/dualtape.h".
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(libraries "")
foreach(folder engine models)
  cmake_path(GET folder FILENAME name)
  if(TARGET dualtape_${name})
    list(APPEND libraries ${name})
    set_target_properties(dualtape_${name} PROPERTIES EXPORT_NAME ${name})
    install(TARGETS dualtape_${name} EXPORT dualtape
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dualtape_development)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/ COMPONENT dualtape_development
      DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dualtape/${folder}
      FILES_MATCHING PATTERN "*.h")
  endif()
endforeach()

# The package adds the headers, not the exported targets: these refuse an absolute folder that lies
# below the sources.
set(headers ${CMAKE_INSTALL_INCLUDEDIR}/dualtape)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/dualtape)
file(WRITE ${PROJECT_BINARY_DIR}/dualtapeConfig.cmake.in [[
@PACKAGE_INIT@
set(dualtape_headers "@PACKAGE_headers@")
include(CMakeFindDependencyMacro)
find_dependency(Eigen3 3.4 NO_MODULE)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/dualtapeTargets.cmake)
foreach(library @libraries@)
  target_include_directories(dualtape::${library} INTERFACE "${dualtape_headers}")
endforeach()
unset(dualtape_headers)
check_required_components(dualtape)
]])
configure_package_config_file(${PROJECT_BINARY_DIR}/dualtapeConfig.cmake.in dualtapeConfig.cmake
  INSTALL_DESTINATION ${package_folder} PATH_VARS headers)
write_basic_package_version_file(dualtapeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/dualtapeConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/dualtapeConfigVersion.cmake
  DESTINATION ${package_folder} COMPONENT dualtape_development)
install(EXPORT dualtape FILE dualtapeTargets.cmake NAMESPACE dualtape::
  DESTINATION ${package_folder} COMPONENT dualtape_development)

# Programs: every executable of experiments and tools.
if(NOT DUALTAPE_PROGRAMS)
  return()
endif()
set(programs "")
foreach(folder experiments tools)
  get_property(targets DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE)
      list(APPEND programs ${target})
    endif()
  endforeach()
endforeach()
if(programs)
  install(TARGETS ${programs} COMPONENT dualtape_programs)
endif()
file(GLOB recipes RELATIVE ${PROJECT_SOURCE_DIR}/experiments
  ${PROJECT_SOURCE_DIR}/experiments/*/recipes)
foreach(folder IN LISTS recipes)
  cmake_path(GET folder PARENT_PATH experiment)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/experiments/${folder}/ COMPONENT dualtape_programs
    DESTINATION ${CMAKE_INSTALL_DATADIR}/dualtape/recipes/${experiment}
    FILES_MATCHING PATTERN "*.toml")
endforeach()
