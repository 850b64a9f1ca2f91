namespace Casemate.Rego;

/// <summary>What an annotation speaks of.</summary>
public enum RegoAnnotationScope
{
    /// <summary>The rule below it.</summary>
    Rule = 0,

    /// <summary>All rules with the path of the rule below it.</summary>
    Document,

    /// <summary>The package.</summary>
    Package,

    /// <summary>The package and those below it.</summary>
    Subpackages,
}
