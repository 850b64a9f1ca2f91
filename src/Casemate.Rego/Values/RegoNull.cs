namespace Casemate.Rego;

/// <summary>The value <c>null</c>.</summary>
public sealed class RegoNull : RegoValue
{
    internal static readonly RegoNull Instance = new();

    private RegoNull()
    {
    }

    /// <inheritdoc/>
    public override RegoValueKind Kind => RegoValueKind.Null;

    /// <inheritdoc/>
    public override int GetHashCode() => 0x5F3A;

    internal override int CompareSameKind(RegoValue other) => 0;

    internal override bool EqualsSameKind(RegoValue other) => true;
}
