namespace Casemate.Rego;

/// <summary>Why a policy does not compile or an evaluation has no result. Closed; <see cref="RegoErrorCodes.ToText"/> gives OPA's
/// name.</summary>
public enum RegoErrorCode
{
    /// <summary>The text is not Rego, or it exceeds a limit on its size.</summary>
    ParseError = 0,

    /// <summary>The modules contradict each other or the rules of the language.</summary>
    CompileError,

    /// <summary>A variable is bound by nothing that could be evaluated before its use.</summary>
    UnsafeVariable,

    /// <summary>Rules depend on themselves.</summary>
    Recursion,

    /// <summary>An unknown function, a wrong number of arguments, or a constant of the wrong type.</summary>
    TypeError,

    /// <summary>A rule, function or object has two different values.</summary>
    Conflict,

    /// <summary>A built-in function refused its arguments while errors of built-in functions were strict.</summary>
    BuiltinError,

    /// <summary>A built-in function got an argument of the wrong type while errors of built-in functions were strict.</summary>
    BuiltinTypeError,

    /// <summary>The evaluation took more steps than allowed.</summary>
    LimitSteps,

    /// <summary>The evaluation took more time than allowed.</summary>
    LimitTime,

    /// <summary>The evaluation allocated more memory than allowed.</summary>
    LimitMemory,

    /// <summary>Rules called each other, or terms were nested, more deeply than allowed.</summary>
    LimitDepth,

    /// <summary>The caller cancelled the evaluation.</summary>
    Cancelled,

    /// <summary>Input or data are no JSON value that is accepted.</summary>
    InvalidDocument,
}
