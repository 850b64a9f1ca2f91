using System.Text.Json;
using Casemate.Collateral.Store;
using Casemate.Primitives.Json;

namespace Casemate.Collateral.Pccs;

/// <summary>
/// A machine that wants its PCK certificates, as the PCK id retrieval tool and the administrator's tool of the reference PCCS spell it.
/// Identifies a machine: keep it out of logs. Source: PCCS, <c>POST /platforms</c>.
/// </summary>
public sealed record PlatformRegistration
{
    /// <summary>QE id: 1 to 260 letters and digits, lower case.</summary>
    public required string QeId { get; init; }

    /// <summary>PCEID: 4 hex digits, lower case.</summary>
    public required string PceId { get; init; }

    /// <summary>CPUSVN of the raw TCB: 32 hex digits, lower case; empty when it is not given.</summary>
    public string CpuSvn { get; init; } = "";

    /// <summary>PCESVN of the raw TCB: 4 hex digits, low byte first, lower case; empty when it is not given.</summary>
    public string PceSvn { get; init; } = "";

    /// <summary>PPID under the provisioning service's key: 768 hex digits, lower case; empty when it is not known or all zero.</summary>
    public string EncryptedPpid { get; init; } = "";

    /// <summary>Platform manifest of a multi-package machine: hex, lower case; empty for others.</summary>
    public string PlatformManifest { get; init; } = "";

    /// <summary>Whether a provisioning service could know the machine by what is given.</summary>
    public bool CanBeFetched => EncryptedPpid.Length > 0 || PlatformManifest.Length > 0;

    /// <summary>Whether the raw TCB is given.</summary>
    public bool HasTcb => CpuSvn.Length > 0 && PceSvn.Length > 0;

    /// <summary>Reads the body of a registration.</summary>
    /// <param name="json">One JSON object; members that are not known are ignored.</param>
    /// <param name="registration">The registration; null on failure.</param>
    /// <param name="error">What is wrong, without a part of the input; empty on success.</param>
    public static bool TryRead(ReadOnlyMemory<byte> json, out PlatformRegistration? registration, out string error)
    {
        registration = null;
        if (!StrictJson.TryParse(json, out var document, out var problem))
        {
            error = problem;
            return false;
        }

        using (document)
        {
            return TryRead(document.RootElement, out registration, out error);
        }
    }

    /// <summary>Writes the registration as the administrator's tool reads it.</summary>
    /// <param name="json">Where to.</param>
    public void Write(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteString("qe_id", QeId);
        json.WriteString("pce_id", PceId);
        json.WriteString("cpu_svn", CpuSvn);
        json.WriteString("pce_svn", PceSvn);
        json.WriteString("enc_ppid", EncryptedPpid);
        json.WriteString("platform_manifest", PlatformManifest);
        json.WriteEndObject();
    }

    /// <summary>What is known of a machine, as registrations: one for each raw TCB that asked, at least one.</summary>
    /// <param name="platform">The machine.</param>
    public static IEnumerable<PlatformRegistration> Of(ProvisionedPlatform platform)
    {
        ArgumentNullException.ThrowIfNull(platform);
        var registration = new PlatformRegistration
        {
            QeId = platform.QeId,
            PceId = platform.PceId,
            EncryptedPpid = platform.EncryptedPpid,
            PlatformManifest = platform.PlatformManifest,
        };
        return platform.RawTcbs.IsEmpty
            ? [registration]
            : platform.RawTcbs.Select(tcb => registration with { CpuSvn = tcb.CpuSvn, PceSvn = tcb.PceSvn });
    }

    internal static bool TryRead(JsonElement value, out PlatformRegistration? registration, out string error)
    {
        registration = null;
        if (value.ValueKind is not JsonValueKind.Object)
        {
            error = "a platform is not a JSON object";
            return false;
        }

        foreach (var name in (ReadOnlySpan<string>)["qe_id", "pce_id", "cpu_svn", "pce_svn", "enc_ppid", "platform_manifest"])
        {
            if (value.TryGetProperty(name, out var member) && member.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            {
                error = $"'{name}' is not a string";
                return false;
            }
        }

        string Text(string name) => JsonInput.TextOrEmpty(value, name).ToLowerInvariant();
        var (qeId, pceId, cpuSvn, pceSvn) = (Text("qe_id"), Text("pce_id"), Text("cpu_svn"), Text("pce_svn"));
        var (ppid, manifest) = (Text("enc_ppid"), Text("platform_manifest"));
        error = qeId.Length is 0 or > CollateralKey.MaximumQeIdLength || !qeId.All(char.IsAsciiLetterOrDigit)
                ? $"'qe_id' is not 1 to {CollateralKey.MaximumQeIdLength} letters and digits"
            : !IsHex(pceId, 4) ? "'pce_id' is not 4 hex digits"
            : cpuSvn.Length > 0 && !IsHex(cpuSvn, 32) ? "'cpu_svn' is not 32 hex digits"
            : pceSvn.Length > 0 && !IsHex(pceSvn, 4) ? "'pce_svn' is not 4 hex digits"
            : ppid.Length > 0 && !IsHex(ppid, 768) ? "'enc_ppid' is not 768 hex digits"
            : manifest.Length > ProvisionedPlatform.MaximumManifestDigits || manifest.Length % 2 != 0 || !IsHex(manifest, manifest.Length)
                ? $"'platform_manifest' is not hex of at most {ProvisionedPlatform.MaximumManifestDigits} digits"
            : "";
        if (error.Length > 0)
        {
            return false;
        }

        registration = new PlatformRegistration
        {
            QeId = qeId,
            PceId = pceId,
            CpuSvn = cpuSvn,
            PceSvn = pceSvn,
            EncryptedPpid = NotZero(ppid),
            PlatformManifest = NotZero(manifest),
        };
        return true;
    }

    private static bool IsHex(string text, int digits) => text.Length == digits && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");

    // The tool writes zeros for what a machine does not have.
    private static string NotZero(string hex) => hex.AsSpan().ContainsAnyExcept('0') ? hex : "";
}
