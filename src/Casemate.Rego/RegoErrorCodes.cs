namespace Casemate.Rego;

/// <summary>The names of errors.</summary>
public static class RegoErrorCodes
{
    /// <summary>The name as Open Policy Agent spells it, or in its manner where it has none.</summary>
    public static string ToText(this RegoErrorCode code) => code switch
    {
        RegoErrorCode.ParseError => "rego_parse_error",
        RegoErrorCode.CompileError => "rego_compile_error",
        RegoErrorCode.UnsafeVariable => "rego_unsafe_var_error",
        RegoErrorCode.Recursion => "rego_recursion_error",
        RegoErrorCode.TypeError => "rego_type_error",
        RegoErrorCode.Conflict => "eval_conflict_error",
        RegoErrorCode.BuiltinError => "eval_builtin_error",
        RegoErrorCode.BuiltinTypeError => "eval_type_error",
        RegoErrorCode.LimitSteps => "limit_steps",
        RegoErrorCode.LimitTime => "limit_time",
        RegoErrorCode.LimitMemory => "limit_memory",
        RegoErrorCode.LimitDepth => "limit_depth",
        RegoErrorCode.Cancelled => "eval_cancel_error",
        RegoErrorCode.InvalidDocument => "invalid_document",
        _ => throw new ArgumentOutOfRangeException(nameof(code)),
    };
}
