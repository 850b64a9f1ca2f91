namespace Casemate.Rego;

/// <summary>The types of Rego, in the order in which values of different types compare.</summary>
public enum RegoValueKind
{
    /// <summary><c>null</c>.</summary>
    Null = 0,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A number of any size and precision.</summary>
    Number,

    /// <summary>A string of Unicode characters.</summary>
    String,

    /// <summary>A sequence.</summary>
    Array,

    /// <summary>A map from values to values.</summary>
    Object,

    /// <summary>A set without order of its own; it prints and iterates in the order of its members.</summary>
    Set,
}
