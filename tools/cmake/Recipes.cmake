# dualtape_add_experiment(NAME SOURCES a.cpp ... [LIBRARIES lib ...] [RECIPES folder])
# makes the program NAME. The files *.toml of `folder`, by default experiments/recipes/NAME, are
# compiled in as lab::compiled_recipes(), so that an installed program has its recipes with it.
function(dualtape_add_experiment name)
  cmake_parse_arguments(ARG "" "RECIPES" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_RECIPES)
    set(ARG_RECIPES ${PROJECT_SOURCE_DIR}/experiments/recipes/${name})
  endif()
  # Adding a recipe is adding a file, so this is the one place that looks for files.
  file(GLOB recipes CONFIGURE_DEPENDS ${ARG_RECIPES}/*.toml)
  set(entries "")
  foreach(recipe IN LISTS recipes)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${recipe})
    get_filename_component(stem ${recipe} NAME_WE)
    file(READ ${recipe} text)
    string(APPEND entries "        {\"${stem}\", R\"recipe(${text})recipe\"},\n")
  endforeach()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${name}_recipes.cpp)
  file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT "#include \"experiments/lab/cli.h\"

namespace dualtape::lab {

std::vector<Recipe> compiled_recipes() {
    return {
@entries@    };
}

}  // namespace dualtape::lab
")
  add_executable(${name} ${ARG_SOURCES} ${generated})
  target_link_libraries(${name} PRIVATE dualtape::lab ${ARG_LIBRARIES})
  dualtape_build_options(${name} dualtape_programs)
endfunction()
