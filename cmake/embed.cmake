# embed(LIBRARY SYMBOL FILE): FILE's bytes become `extern const char SYMBOL[], SYMBOL_end[]`
# in LIBRARY, followed by a zero byte.
function(embed library symbol file)
  set(path ${CMAKE_SOURCE_DIR}/${file})
  if(NOT TARGET ${library} OR NOT EXISTS ${path})
    return()
  endif()
  set(assembly ${CMAKE_BINARY_DIR}/embed/${symbol}.S)
  file(CONFIGURE OUTPUT ${assembly} CONTENT
".section .rodata
.global ${symbol}
.global ${symbol}_end
.balign 16
${symbol}:
.incbin \"${path}\"
${symbol}_end:
.byte 0
.section .note.GNU-stack,\"\",%progbits
" @ONLY)
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${path})
  target_sources(${library} PRIVATE ${assembly})
endfunction()
