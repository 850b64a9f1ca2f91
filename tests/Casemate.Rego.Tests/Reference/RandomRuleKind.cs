namespace Casemate.Rego.Tests.Reference;

/// <summary>What a rule makes.</summary>
internal enum RandomRuleKind
{
    /// <summary>A set, member by member.</summary>
    Set,

    /// <summary>An object, member by member: each key with an array of the key.</summary>
    Object,

    /// <summary>One value: 1 where its body holds, else 2 where the second body holds, else false.</summary>
    Complete,
}
