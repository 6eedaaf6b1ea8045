# Recipes are TOML files that are compiled in, so that an installed program has them with it.

# dualtape_read_recipes(VARIABLE FOLDER) gives the files FOLDER/*.toml as initialisers of
# lab::Recipe. Adding a recipe is adding a file, so this is the one place that looks for files.
function(dualtape_read_recipes variable folder)
  file(GLOB recipes CONFIGURE_DEPENDS ${folder}/*.toml)
  set(entries "")
  foreach(recipe IN LISTS recipes)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${recipe})
    get_filename_component(stem ${recipe} NAME_WE)
    file(READ ${recipe} text)
    string(APPEND entries "        {\"${stem}\", R\"recipe(${text})recipe\"},\n")
  endforeach()
  set(${variable} "${entries}" PARENT_SCOPE)
endfunction()

# dualtape_compile_recipes(TARGET PROGRAM ...) compiles experiments/PROGRAM/recipes/*.toml into
# TARGET, as study::recipes(program).
function(dualtape_compile_recipes target)
  set(cases "")
  foreach(program IN LISTS ARGN)
    dualtape_read_recipes(entries ${PROJECT_SOURCE_DIR}/experiments/${program}/recipes)
    string(APPEND cases "    if (program == \"${program}\") return {\n${entries}    };\n")
  endforeach()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/recipes.cpp)
  file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT "#include \"experiments/study/recipes.h\"

namespace dualtape::study {

std::vector<lab::Recipe> recipes(const std::string& program) {
@cases@    return {};
}

}  // namespace dualtape::study
")
  target_sources(${target} PRIVATE ${generated})
endfunction()

# dualtape_add_experiment(NAME SOURCES a.cpp ... [LIBRARIES lib ...] [RECIPES folder])
# makes the program NAME. The files *.toml of `folder` become its lab::compiled_recipes().
function(dualtape_add_experiment name)
  cmake_parse_arguments(ARG "" "RECIPES" "SOURCES;LIBRARIES" ${ARGN})
  set(generated "")
  if(ARG_RECIPES)
    dualtape_read_recipes(entries ${ARG_RECIPES})
    set(generated ${CMAKE_CURRENT_BINARY_DIR}/${name}_recipes.cpp)
    file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT "#include \"experiments/lab/cli.h\"

namespace dualtape::lab {

std::vector<Recipe> compiled_recipes() {
    return {
@entries@    };
}

}  // namespace dualtape::lab
")
  endif()
  add_executable(${name} ${ARG_SOURCES} ${generated})
  target_link_libraries(${name} PRIVATE dualtape::lab ${ARG_LIBRARIES})
  dualtape_build_options(${name} dualtape_programs)
endfunction()
