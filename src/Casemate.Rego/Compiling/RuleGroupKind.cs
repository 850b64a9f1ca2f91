namespace Casemate.Rego.Compiling;

/// <summary>What the rules of one path make together.</summary>
internal enum RuleGroupKind
{
    /// <summary>One value.</summary>
    Complete,

    /// <summary>A set.</summary>
    Set,

    /// <summary>An object, member by member.</summary>
    Object,

    /// <summary>A function.</summary>
    Function,
}
