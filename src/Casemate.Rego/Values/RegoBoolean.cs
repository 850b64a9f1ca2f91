namespace Casemate.Rego;

/// <summary>A boolean; <c>false</c> is less than <c>true</c>.</summary>
public sealed class RegoBoolean : RegoValue
{
    internal static readonly RegoBoolean TrueValue = new(true);
    internal static readonly RegoBoolean FalseValue = new(false);

    private RegoBoolean(bool value) => Value = value;

    /// <summary>The boolean.</summary>
    public bool Value { get; }

    /// <inheritdoc/>
    public override RegoValueKind Kind => RegoValueKind.Boolean;

    /// <inheritdoc/>
    public override int GetHashCode() => Value ? 0x1234567 : 0x7654321;

    internal override int CompareSameKind(RegoValue other) => Value.CompareTo(((RegoBoolean)other).Value);

    internal override bool EqualsSameKind(RegoValue other) => Value == ((RegoBoolean)other).Value;
}
