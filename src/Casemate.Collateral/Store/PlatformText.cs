using System.Buffers;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Collateral.Store;

/// <summary>A platform's record as JSON text.</summary>
internal static class PlatformText
{
    /// <summary>Writes a record.</summary>
    public static byte[] Write(ProvisionedPlatform platform)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("qeId", platform.QeId);
            json.WriteString("pceId", platform.PceId);
            json.WriteString("encryptedPpid", platform.EncryptedPpid);
            json.WriteString("platformManifest", platform.PlatformManifest);
            json.WriteString("fmspc", platform.Fmspc);
            json.WriteString("ca", platform.PlatformCa switch { true => "platform", false => "processor", null => "" });
            json.WriteStartArray("rawTcbs");
            foreach (var tcb in platform.RawTcbs.TakeLast(ProvisionedPlatform.MaximumRawTcbs))
            {
                json.WriteStartObject();
                json.WriteString("cpuSvn", tcb.CpuSvn);
                json.WriteString("pceSvn", tcb.PceSvn);
                json.WriteString("tcbm", tcb.Tcbm);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a record; null when it is not one.</summary>
    public static ProvisionedPlatform? TryRead(byte[] content)
    {
        if (!StrictJson.TryParse(content, out var document, out _))
        {
            return null;
        }

        using (document)
        {
            var root = document.RootElement;
            var (qeId, pceId, fmspc) = (Text(root, "qeId"), Text(root, "pceId"), Text(root, "fmspc"));
            var (ppid, manifest) = (Text(root, "encryptedPpid"), Text(root, "platformManifest"));
            if (root.ValueKind is not JsonValueKind.Object || CollateralKey.TryParse($"pck-certificates/{qeId}-{pceId}") is null
                || !IsHex(ppid) || !IsHex(manifest) || manifest.Length > ProvisionedPlatform.MaximumManifestDigits
                || !(fmspc.Length == 0 || (fmspc.Length == 12 && IsHex(fmspc)))
                || !root.TryGetProperty("rawTcbs", out var tcbs) || tcbs.ValueKind is not JsonValueKind.Array)
            {
                return null;
            }

            return new ProvisionedPlatform
            {
                QeId = qeId,
                PceId = pceId,
                EncryptedPpid = ppid,
                PlatformManifest = manifest,
                Fmspc = fmspc,
                PlatformCa = Text(root, "ca") switch { "platform" => true, "processor" => false, _ => null },
                RawTcbs =
                [
                    .. tcbs.EnumerateArray()
                        .Select(tcb => new SelectedTcb(Text(tcb, "cpuSvn"), Text(tcb, "pceSvn"), Text(tcb, "tcbm")))
                        .Where(tcb => tcb.CpuSvn.Length == 32 && IsHex(tcb.CpuSvn) && tcb.PceSvn.Length == 4 && IsHex(tcb.PceSvn)
                            && (tcb.Tcbm.Length == 0 || (tcb.Tcbm.Length == 36 && IsHex(tcb.Tcbm))))
                        .TakeLast(ProvisionedPlatform.MaximumRawTcbs),
                ],
            };
        }
    }

    private static string Text(JsonElement root, string name) => JsonInput.TextOrEmpty(root, name);

    private static bool IsHex(string text) => text.Length % 2 == 0 && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");
}
