# Reads the sources line by line and names every include or word that breaks the layering.
#   cmake -D ROOT=<repository> -P check_layers.cmake
# Ends with an error when there is a violation; files over 500 lines are only warned of.
# A comment `layer-ok: reason` on the line lets it pass.
cmake_minimum_required(VERSION 3.25)

# -- who may include whom ----------------------------------------------------------------------
# The first row whose FILES match decides: a file may include what one of the patterns matches.
# Patterns are regular expressions that start at the root of the repository.
set(core "engine/core/|engine/kernels/")
set(basics "engine/core/(types|check|parallel|stats)\\.h|engine/kernels/")
set(engine "engine/")
set(rows
  # FILES                         may include
  "engine/core/(types|check|storage)\\.h    engine/core/(types|check|storage)\\.h"
  "engine/kernels/                  engine/core/(types|check)\\.h|engine/kernels/"
  "engine/core/                     ${core}"
  "engine/ops/                      ${core}|engine/ops/"
  "engine/optim/                    ${basics}|engine/optim/"
  "engine/curvature/(point_operator|parameter_indices)\\. ${core}|engine/curvature/"  # bridges to the core
  "engine/curvature/                ${basics}|engine/curvature/"
  "engine/sampling/                 ${basics}|engine/sampling/"
  "engine/                          ${engine}"
  "models/                          ${engine}|models/"
  "experiments/lab/                 ${engine}|models/|experiments/lab/"
  "experiments/statistics/          ${engine}|models/|experiments/(lab|statistics)/"
  "experiments/study/               ${engine}|models/|experiments/(lab|statistics|study)/"
  "experiments/report/              ${engine}|models/|experiments/(lab|statistics|study|report)/"
  "experiments/pairs/               ${engine}|models/|experiments/(lab|statistics|study|pairs)/"
  "experiments/analyses/            ${engine}|models/|experiments/(lab|statistics|study|report|pairs|analyses)/"
  "experiments/pair_study/          ${engine}|models/|experiments/(lab|statistics|study|pairs|analyses|pair_study)/"
  "experiments/                     ${engine}|models/|experiments/"
  "bench/                           ${engine}|models/|bench/"
  "tests/consumer/                  ${engine}|models/"
  "tests/                           ${engine}|models/|experiments/|tests/|tools/|bench/"
  "tools/                           ${engine}|models/|experiments/|tools/dualtape/")

# Third-party headers, and the only files that may include them.
set(third_party
  "Eigen/Core                       (engine|models|experiments|bench|tests|tools)/"
  "Eigen/.*                         .*\\.cpp|tests/"
  "Random123/.*                     engine/kernels/.*\\.cpp|tests/engine/kernels/"
  "omp\\.h                          tests/consumer/"
  "CLI/.*                           experiments/lab/arguments\\.cpp"
  "toml\\+\\+/.*                      experiments/lab/toml\\.cpp"
  "nlohmann/json_fwd\\.hpp          experiments/lab/json\\.h"
  "nlohmann/.*                      experiments/(lab/(manifest|safetensors|json)|(modular_addition|circuit_emergence)/summary_json)\\.cpp|tests/"
  "gnuplot-iostream\\.h|boost/.*    experiments/lab/gnuplot\\.cpp"
  "doctest/.*                       tests/"
  "Spectra/.*                       tests/|bench/lanczos\\.cpp"
  "benchmark/.*                     bench/"
  "[a-z0-9_]+(/[a-z0-9_]+)?(\\.h)?  .*")  # the standard library and the system

# -- words that are refused ----------------------------------------------------------------------
# FILES  word  reason; comments do not count.
set(words
  "engine/                       reduction\\(                       sums must not depend on the number of threads"
  "engine/                       thread_local                       memory belongs to a Workspace"
  "engine/                       (std::)?atomic(_|<|>)              results come from ordered sums"
  ".*                            #pragma.+omp                        OpenMP belongs to the host, loops go through engine/core/parallel.h"
  "(engine|models|experiments|bench|tools)/  std::(thread[^:]|async)|pthread_create   threads are started by engine/core/team.cpp alone"
  ".*                            std::rand|[^_a-z]s?rand\\(         random numbers come from engine/kernels/random.h"
  ".*                            std::(normal|uniform_[a-z]+|bernoulli|discrete)_distribution   implementation-defined numbers"
  ".*                            std::(shuffle|sample|mt19937|random_device)  implementation-defined order or seed"
  ".*                            (::|\\.)(setRandom|Random)\\(       random numbers come from engine/kernels/random.h"
  ".*                            -ffast-math|-Ofast|-ffinite-math-only   these flags break NaN"
  ".*\\.h$                       using.namespace                     names say where they come from")

# -- reading ---------------------------------------------------------------------------------------
set_property(GLOBAL PROPERTY violations 0)
function(report line_number rule)
  get_property(violations GLOBAL PROPERTY violations)
  math(EXPR violations "${violations} + 1")
  set_property(GLOBAL PROPERTY violations ${violations})
  message("${file}:${line_number}: ${rule}")
endfunction()

# Splits a row of the tables above into column_a, column_b and the rest, column_c.
function(split_row row)
  string(REGEX MATCH "^([^ ]+) +([^ ]+) *(.*)$" _ "${row}")
  set(column_a "${CMAKE_MATCH_1}" PARENT_SCOPE)
  set(column_b "${CMAKE_MATCH_2}" PARENT_SCOPE)
  set(column_c "${CMAKE_MATCH_3}" PARENT_SCOPE)
endfunction()

# Rooms of one experiment.
set(experiments "^experiments/(grokking_hessian|circuit_emergence|modular_addition)/")
function(check_include header brackets)
  string(REGEX MATCH "${experiments}" of_experiment "${header}")
  if(header MATCHES "(^|/)\\.\\./")
    report(${number} "\"${header}\": includes start at the root of the repository, without ../")
  elseif(header MATCHES "^(engine|models|experiments|bench|tests|tools)/")
    if(NOT header MATCHES "^(${allowed})")
      report(${number} "\"${header}\" is not among what ${layer} may include: ${allowed}")
    elseif(file MATCHES "${experiments}" AND header MATCHES "${experiments}" AND
           NOT file MATCHES "^${of_experiment}")
      report(${number} "\"${header}\": experiments do not know each other")
    endif()
  elseif(NOT brackets)
    report(${number} "\"${header}\": quotes are for our own headers, from the root of the repository")
  else()
    set(known FALSE)
    foreach(row IN LISTS third_party)
      split_row("${row}")
      if(NOT known AND header MATCHES "^(${column_a})$")
        set(known TRUE)
        if(NOT file MATCHES "^(${column_b})")
          report(${number} "<${header}> may be included by ${column_b} only")
        endif()
      endif()
    endforeach()
    if(NOT known)
      report(${number} "<${header}> is a library that the table of check_layers.cmake does not know")
    endif()
  endif()
endfunction()

file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/engine/* ${ROOT}/models/* ${ROOT}/experiments/*
  ${ROOT}/bench/* ${ROOT}/tests/* ${ROOT}/tools/* ${ROOT}/CMakeLists.txt ${ROOT}/CMakePresets.json)
list(FILTER files INCLUDE REGEX "\\.(h|cpp|txt|cmake|json)$")
list(FILTER files EXCLUDE REGEX "^tools/cmake/check_|^tests/golden/")
list(SORT files)
list(LENGTH files count)

foreach(file IN LISTS files)
  # One list element per line: what would disturb CMake's lists is replaced first.
  file(READ ${ROOT}/${file} text)
  string(REPLACE "\\" " " text "${text}")
  string(REPLACE "[" "(" text "${text}")
  string(REPLACE "]" ")" text "${text}")
  string(REPLACE ";" " " text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  list(LENGTH lines length)
  if(length GREATER 501)
    message("${file}: warning: ${length} lines; over 500 is a file that wants to be two")
  endif()

  set(allowed ".*")
  set(layer "this file")
  if(file MATCHES "\\.(h|cpp)$")
    foreach(row IN LISTS rows)
      split_row("${row}")
      if(file MATCHES "^${column_a}")
        set(layer "${column_a}")
        set(allowed "${column_b}")
        break()
      endif()
    endforeach()
  endif()

  # Most files hold none of the words: only those that do are looked at word by word.
  set(refused "")
  foreach(row IN LISTS words)
    split_row("${row}")
    if(file MATCHES "^${column_a}" AND text MATCHES "${column_b}")
      list(APPEND refused "${row}")
    endif()
  endforeach()

  set(number 0)
  foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    if(line MATCHES "layer-ok: .")
      continue()
    endif()
    if(file MATCHES "\\.(h|cpp)$" AND line MATCHES "^[ ]*#[ ]*include[ ]*([<\"])([^>\"]+)[>\"]")
      set(header "${CMAKE_MATCH_2}")
      set(brackets FALSE)
      if(CMAKE_MATCH_1 STREQUAL "<")
        set(brackets TRUE)
      endif()
      check_include("${header}" ${brackets})
    endif()
    if(refused)
      string(REGEX REPLACE "//.*$" "" code "${line}")
      foreach(row IN LISTS refused)
        split_row("${row}")
        if(" ${code}" MATCHES "${column_b}")
          report(${number} "${CMAKE_MATCH_0} is refused here: ${column_c}")
        endif()
      endforeach()
    endif()
  endforeach()
endforeach()

# -- every op has its row in the table of ops --------------------------------------------------------
# An op names itself: static constexpr auto name = "tanh";
set(ops 0)
file(GLOB headers RELATIVE ${ROOT} ${ROOT}/engine/ops/*.h)
set(table "")
if(EXISTS ${ROOT}/tests/support/op_list.h)
  file(READ ${ROOT}/tests/support/op_list.h table)
endif()
foreach(file IN LISTS headers)
  file(READ ${ROOT}/${file} text)
  string(REGEX MATCHALL "static constexpr [a-z:_*& ]*name ?= ?\"[a-z0-9_]+\"" names "${text}")
  foreach(line IN LISTS names)
    string(REGEX MATCH "\"([a-z0-9_]+)\"" _ "${line}")
    set(name "${CMAKE_MATCH_1}")
    math(EXPR ops "${ops} + 1")
    if(NOT table MATCHES "\"${name}\"|[( ,]${name}[,)]")
      string(FIND "${text}" "${line}" place)
      string(SUBSTRING "${text}" 0 ${place} before)
      string(REGEX REPLACE "[^\n]" "" before "${before}")
      string(LENGTH "${before}\n" number)
      report(${number} "op \"${name}\" has no row in tests/support/op_list.h, so nothing tests it")
    endif()
  endforeach()
endforeach()

get_property(violations GLOBAL PROPERTY violations)
message("${count} files and ${ops} ops checked, ${violations} violations")
if(violations)
  message(FATAL_ERROR "the layering is broken in ${violations} places")
endif()
