using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Attestation.Pki;
using Casemate.Primitives.Jose;

namespace Casemate.Attestation.Azure;

/// <summary>
/// The runtime data of an HCL report: the keys of the virtual TPM, settings of the VM and 64 bytes that the guest chose. Parsed from JSON,
/// as true as the hardware report that vouches for it. Source: openhcl_attestation_protocol, RuntimeClaims.
/// </summary>
public sealed class HclRuntimeData
{
    /// <summary>Size of the user data, in bytes.</summary>
    public const int UserDataSize = 64;

    private const string AttestationKeyId = "HCLAkPub";
    private const int MaxKeys = 8;

    private HclRuntimeData(byte[] modulus, byte[] exponent, VerifyingKey key)
    {
        (AttestationKeyModulus, AttestationKeyExponent) = (modulus, exponent);
        AttestationKey = key;
    }

    /// <summary>Modulus of the vTPM's attestation key (<c>HCLAkPub</c>), big endian without leading zeros: 2048 to 8192 bits.</summary>
    public ReadOnlyMemory<byte> AttestationKeyModulus { get; }

    /// <summary>Its public exponent, big endian: odd, 1 to 4 bytes.</summary>
    public ReadOnlyMemory<byte> AttestationKeyExponent { get; }

    /// <summary><c>user-data</c>: 64 bytes that the guest wrote to the TPM before it asked for the report; null when absent.</summary>
    public ReadOnlyMemory<byte>? UserData { get; private init; }

    /// <summary><c>vm-configuration.secure-boot</c>; null when absent.</summary>
    public bool? SecureBoot { get; private init; }

    /// <summary><c>vm-configuration.console-enabled</c>: the VM has a serial console; null when absent.</summary>
    public bool? ConsoleEnabled { get; private init; }

    /// <summary><c>vm-configuration.tpm-enabled</c>; null when absent.</summary>
    public bool? TpmEnabled { get; private init; }

    /// <summary><c>vm-configuration.vmUniqueId</c>; null when absent. Identifies one machine: keep it out of logs.</summary>
    public string? VmUniqueId { get; private init; }

    /// <summary>The attestation key, imported.</summary>
    internal VerifyingKey AttestationKey { get; }

    /// <summary>Parses runtime data.</summary>
    /// <param name="json">The JSON text, exactly as the HCL report carries it. Members that are not known here are ignored.</param>
    /// <param name="data">The runtime data, or null.</param>
    /// <param name="error">What is wrong, naming the member; null after success.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> json, [NotNullWhen(true)] out HclRuntimeData? data, [NotNullWhen(false)] out string? error)
    {
        data = null;
        if (!EvidenceJson.TryParse(json.ToArray(), out var document, out error))
        {
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            ReadOnlyMemory<byte>? userData = null;
            error = ReadKey(root, out var modulus, out var exponent, out var key) ?? ReadUserData(root, out userData);
            if (error is not null)
            {
                return false;
            }

            var settings = root.TryGetProperty("vm-configuration", out var found) && found.ValueKind is JsonValueKind.Object
                ? found
                : default;
            data = new HclRuntimeData(modulus, exponent, key!)
            {
                UserData = userData,
                SecureBoot = Flag(settings, "secure-boot"),
                ConsoleEnabled = Flag(settings, "console-enabled"),
                TpmEnabled = Flag(settings, "tpm-enabled"),
                VmUniqueId = settings.ValueKind is JsonValueKind.Object && settings.TryGetProperty("vmUniqueId", out var id)
                    && EvidenceJson.TryGetText(id, 64, out var text) ? text : null,
            };
            return true;
        }
    }

    private static string? ReadKey(JsonElement root, out byte[] modulus, out byte[] exponent, out VerifyingKey? key)
    {
        (modulus, exponent, key) = ([], [], null);
        if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("keys", out var keys)
            || keys.ValueKind is not JsonValueKind.Array
            || keys.GetArrayLength() > MaxKeys)
        {
            return $"runtime data: 'keys' is not an array of at most {MaxKeys} keys";
        }

        JsonElement? attestationKey = null;
        foreach (var candidate in keys.EnumerateArray())
        {
            if (candidate.ValueKind is not JsonValueKind.Object || !candidate.TryGetProperty("kid", out var kid)
                || !EvidenceJson.TryGetText(kid, 64, out var name))
            {
                return "runtime data: an entry of 'keys' is not an object with a text 'kid'";
            }

            if (name == AttestationKeyId)
            {
                // Two keys of one name: whoever reads the other one would believe another signer.
                if (attestationKey is not null)
                {
                    return $"runtime data: two keys are named '{AttestationKeyId}'";
                }

                attestationKey = candidate;
            }
        }

        return attestationKey is { } found
            ? ReadRsa(found, out modulus, out exponent, out key)
            : $"runtime data: no key is named '{AttestationKeyId}'";
    }

    private static string? ReadRsa(JsonElement jwk, out byte[] modulus, out byte[] exponent, out VerifyingKey? key)
    {
        (modulus, exponent, key) = ([], [], null);
        if (!Jwk.TryRead(jwk, out var read, out var error))
        {
            return $"runtime data: {AttestationKeyId}: {error}";
        }

        if (read.IsEc)
        {
            return $"runtime data: {AttestationKeyId} is not an RSA key";
        }

        var parameters = read.ToRsaParameters();
        (modulus, exponent) = (parameters.Modulus!, parameters.Exponent!);
        return VerifyingKey.TryCreateRsa(modulus, exponent, out key) ? null : $"runtime data: {AttestationKeyId} is not a usable RSA key";
    }

    private static string? ReadUserData(JsonElement root, out ReadOnlyMemory<byte>? userData)
    {
        userData = null;
        if (!root.TryGetProperty("user-data", out var member))
        {
            return null;
        }

        // Left out by the paravisor when the guest never wrote any; upper-case hex otherwise.
        if (!EvidenceJson.TryGetHex(member, UserDataSize, out var bytes) || bytes.Length is not (0 or UserDataSize))
        {
            return $"runtime data: 'user-data' is not {UserDataSize} bytes of hex";
        }

        userData = bytes.Length == 0 ? (ReadOnlyMemory<byte>?)null : bytes;
        return null;
    }

    private static bool? Flag(JsonElement settings, string name) =>
        settings.ValueKind is JsonValueKind.Object && settings.TryGetProperty(name, out var value)
            && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : null;
}
