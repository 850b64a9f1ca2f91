using System.Text.Json;

namespace Casemate.Broker;

/// <summary>
/// A verifier's appraisal in eight numbers. Source: draft-ietf-rats-ar4si, section 2.3.4: 0 no claim; 2 to 31 affirming, 32 to 95
/// warning, 96 to 127 contraindicated.
/// </summary>
public readonly record struct TrustVector
{
    /// <summary>The hardware passed its verification and is current.</summary>
    public const sbyte GenuineHardware = 2;

    /// <summary>The hardware is genuine but lacks security updates.</summary>
    public const sbyte UnsafeHardware = 32;

    /// <summary>The hardware is not recognised: simulated, or none.</summary>
    public const sbyte UnrecognizedHardware = 97;

    /// <summary>Only approved executables were loaded.</summary>
    public const sbyte ApprovedExecutables = 3;

    /// <summary>Executables were loaded that the verifier does not recognise.</summary>
    public const sbyte UnrecognizedExecutables = 33;

    /// <summary>The configuration exposes no known vulnerability.</summary>
    public const sbyte SafeConfiguration = 3;

    /// <summary>The configuration exposes known vulnerabilities, such as a debugger.</summary>
    public const sbyte UnsafeConfiguration = 32;

    /// <summary>Elements of the configuration are not known to the verifier.</summary>
    public const sbyte UnknownConfiguration = 36;

    /// <summary><c>hardware</c>.</summary>
    public sbyte Hardware { get; init; }

    /// <summary><c>executables</c>.</summary>
    public sbyte Executables { get; init; }

    /// <summary><c>configuration</c>.</summary>
    public sbyte Configuration { get; init; }

    /// <summary>The status that follows: the worst tier of any claim. Source: draft-ietf-rats-ear, section 3.2.</summary>
    public string Status
    {
        get
        {
            var worst = Math.Max(Tier(Hardware), Math.Max(Tier(Executables), Tier(Configuration)));
            return worst switch { 0 => "none", 1 => "affirming", 2 => "warning", _ => "contraindicated" };
        }
    }

    /// <summary>Writes all eight claims; those that this verifier does not appraise are 0.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("configuration"u8, Configuration);
        writer.WriteNumber("executables"u8, Executables);
        writer.WriteNumber("file-system"u8, 0);
        writer.WriteNumber("hardware"u8, Hardware);
        writer.WriteNumber("instance-identity"u8, 0);
        writer.WriteNumber("runtime-opaque"u8, 0);
        writer.WriteNumber("sourced-data"u8, 0);
        writer.WriteNumber("storage-opaque"u8, 0);
        writer.WriteEndObject();
    }

    private static int Tier(sbyte claim) => Math.Abs((int)claim) switch { <= 1 => 0, < 32 => 1, < 96 => 2, _ => 3 };
}
