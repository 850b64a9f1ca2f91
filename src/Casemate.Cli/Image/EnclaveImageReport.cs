using System.Security.Cryptography;
using Casemate.Cli.Output;
using Casemate.Images.Gramine;
using Casemate.Measurement.Enclave;
using Casemate.Oci.Layout;
using Casemate.Primitives;

namespace Casemate.Cli.Image;

/// <summary>What <c>casemate image enclave</c> prints.</summary>
internal static class EnclaveImageReport
{
    /// <summary>The first of two steps.</summary>
    public static void WriteToBeSigned(ConsoleOutput console, string file, byte[] text)
    {
        if (console.Format is OutputFormat.Table)
        {
            console.Out.WriteLine(ErrorText.OneLine($"{file}: sign it with RSA PKCS #1 v1.5 and SHA-256, then --attach-signature"));
            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("toBeSigned", file);
            json.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(text)));
        });
    }

    /// <summary>An image that was written.</summary>
    public static void Write(ConsoleOutput console, ImageLocation location, EnclaveImagePlan plan, EnclaveImage image)
    {
        var variant = image.Report.Variants[0];
        _ = SigStruct.TryRead(variant.SigStruct.Span, out var structure);
        var (measured, signer) = (Convert.ToHexStringLower(structure.MrEnclave), Convert.ToHexStringLower(structure.MrSigner));
        if (console.Format is OutputFormat.Table)
        {
            console.Out.WriteLine(ErrorText.OneLine($"{location} {image.Descriptor.Digest}"));
            console.Out.WriteLine($"  {"MRENCLAVE",-16}{measured}");
            console.Out.WriteLine($"  {"MRSIGNER",-16}{signer}");
            console.Out.WriteLine($"  {"trusted files",-16}{plan.TrustedFiles.Count}");
            console.Out.WriteLine($"  {"EPC to ask for",-16}{(variant.Epc is { } epc ? $"{epc.SuggestedBytes >> 20} MiB" : "unknown")}");
            if (plan.IsDirectPossible)
            {
                console.Out.WriteLine($"  {"without SGX",-16}{string.Join(' ', EnclaveImagePlan.DirectEntrypoint)} (unprotected)");
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("image", location.ToString());
            json.WriteString("digest", image.Descriptor.Digest.Text);
            json.WriteString("mrEnclave", measured);
            json.WriteString("mrSigner", signer);
            json.WriteNumber("trustedFiles", plan.TrustedFiles.Count);
            json.WriteStartArray("directEntrypoint");
            foreach (var word in plan.IsDirectPossible ? EnclaveImagePlan.DirectEntrypoint : [])
            {
                json.WriteStringValue(word);
            }

            json.WriteEndArray();
            json.WriteStartArray("conflicts");
            foreach (var conflict in plan.Conflicts)
            {
                json.WriteStartObject();
                json.WriteString("key", conflict.Key);
                json.WriteString("generated", conflict.Generated);
                json.WriteString("overlay", conflict.Overlay);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("notes");
            foreach (var note in plan.Notes)
            {
                json.WriteStringValue(note);
            }

            json.WriteEndArray();
            json.WriteStartObject("labels");
            foreach (var (name, value) in image.Labels)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        });
    }
}
