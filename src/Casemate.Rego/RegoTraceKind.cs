namespace Casemate.Rego;

/// <summary>The kinds of events in a trace.</summary>
public enum RegoTraceKind
{
    /// <summary>A rule or function is evaluated.</summary>
    Enter = 0,

    /// <summary>A rule or function has a value.</summary>
    Exit,

    /// <summary>A rule or function has no value.</summary>
    Fail,

    /// <summary>A literal is tried.</summary>
    Evaluate,

    /// <summary>A literal is tried again with other values.</summary>
    Redo,

    /// <summary>A call of <c>trace</c>, or an error of a built-in function.</summary>
    Note,
}
