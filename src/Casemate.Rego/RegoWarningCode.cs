namespace Casemate.Rego;

/// <summary>What a policy that compiles should not have. Closed: a new reason is a new member, and its name is public API.</summary>
public enum RegoWarningCode
{
    /// <summary>The module uses a form that OPA 1.0 refuses.</summary>
    OlderForm = 0,

    /// <summary>A built-in function that OPA 1.0 no longer has.</summary>
    RemovedFunction,

    /// <summary>An import that nothing in the module uses.</summary>
    UnusedImport,

    /// <summary>A variable that is declared and never read.</summary>
    UnusedVariable,

    /// <summary>A constant pattern that is no regular expression: calls with it are undefined.</summary>
    InvalidPattern,

    /// <summary>A pattern in which an anchor holds for some of the alternatives only, as in <c>^a|b$</c>.</summary>
    UnevenAnchors,

    /// <summary>A pattern with an anchor where the text can neither begin nor end, as in <c>a^b</c>: it matches nothing.</summary>
    PatternNeverMatches,
}
