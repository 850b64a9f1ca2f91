using System.Security.Cryptography;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// The TDX module that the simulated machine runs: what it writes into every TD report. Source: Intel TDX module, TEE_TCB_INFO.
/// </summary>
public sealed record TdxModule
{
    /// <summary>
    /// TEE_TCB_SVN, 16 bytes: [0] module SVN, [1] module major version, [2] late microcode. Default: 6, 1, 8, which the newest TCB
    /// level and the identity <c>TDX_01</c> match.
    /// </summary>
    public byte[] TeeTcbSvn { get; init; } = [6, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>MRSEAM, 48 bytes. Default: SHA-384 of the ASCII text <c>Casemate simulated TDX module</c>.</summary>
    public byte[] MrSeam { get; init; } = SHA384.HashData("Casemate simulated TDX module"u8);

    /// <summary>MRSIGNERSEAM, 48 bytes. Default: zero.</summary>
    public byte[] MrSignerSeam { get; init; } = new byte[48];

    /// <summary>SEAMATTRIBUTES. Default: 0.</summary>
    public ulong SeamAttributes { get; init; }
}
