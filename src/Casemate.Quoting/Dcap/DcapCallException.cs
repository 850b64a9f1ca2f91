namespace Casemate.Quoting.Dcap;

/// <summary>A function of Intel's quoting library returned an error.</summary>
/// <param name="function">The function.</param>
/// <param name="code">What it returned, not 0.</param>
internal sealed class DcapCallException(string function, uint code) : Exception($"{function} returned 0x{code:X}")
{
    /// <summary>The function.</summary>
    public string Function { get; } = function;

    /// <summary>What it returned.</summary>
    public uint Code { get; } = code;
}
