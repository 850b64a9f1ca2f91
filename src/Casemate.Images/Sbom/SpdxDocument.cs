using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Images.Packages;
using Casemate.Images.Packing;
using Casemate.Oci;
using Casemate.Oci.Tar;

namespace Casemate.Images.Sbom;

/// <summary>
/// The software bill of materials of an image: every file with its digests, and the packages that files came with. Source: SPDX
/// specification 2.3, JSON. The same plan gives the same bytes.
/// </summary>
public static class SpdxDocument
{
    private const string Image = "SPDXRef-Image";
    private const string NoAssertion = "NOASSERTION";

    private static readonly JsonWriterOptions s_options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the document of a planned image; every file is read once more.</summary>
    /// <param name="plan">The image.</param>
    /// <param name="name">What the image is called in the document, such as the program's name.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="OciException">A file cannot be read, or changed since it was planned.</exception>
    public static async Task<byte[]> WriteAsync(PackPlan plan, string name, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var files = new List<SpdxFile>();
        foreach (var file in plan.Files.Where(file => file.Kind is TarEntryKind.File))
        {
            try
            {
                await using var content = await file.Content.OpenAsync(cancel).ConfigureAwait(false);
                files.Add(new SpdxFile(file, await SpdxText.Sha1Async(content, cancel).ConfigureAwait(false)));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new OciException(OciError.Storage, $"{Shown.Of(file.Path)} cannot be read: {failure.Message}", cause: failure);
            }
        }

        var output = new ArrayBufferWriter<byte>(64 * 1024);
        await using (var json = new Utf8JsonWriter(output, s_options))
        {
            json.WriteStartObject();
            Write(json, plan, name, files);
            json.WriteEndObject();
        }

        return [.. output.WrittenSpan, (byte)'\n'];
    }

    private static void Write(Utf8JsonWriter json, PackPlan plan, string name, List<SpdxFile> files)
    {
        var packages = files.Where(file => file.Packed.Package is not null).GroupBy(file => file.Packed.Package!)
            .OrderBy(group => group.Key.Name, StringComparer.Ordinal).ThenBy(group => group.Key.Architecture, StringComparer.Ordinal)
                .ToList();
        json.WriteString("spdxVersion", "SPDX-2.3");
        json.WriteString("dataLicense", "CC0-1.0");
        json.WriteString("SPDXID", "SPDXRef-DOCUMENT");
        json.WriteString("name", name);
        json.WriteString("documentNamespace", $"https://casemate.dev/spdx/{Uri.EscapeDataString(name)}-{plan.Source.Hex}");
        json.WriteStartObject("creationInfo");
        json.WriteString("created", Packer.CreatedText(plan.Options.EpochSeconds));
        json.WriteStartArray("creators");
        json.WriteStringValue($"Tool: casemate-{plan.Options.ToolVersion}");
        json.WriteEndArray();
        json.WriteEndObject();

        json.WriteStartArray("packages");
        WritePackage(json, Image, name, "", files, "CONTAINER", null);
        foreach (var package in packages)
        {
            WritePackage(json, IdOf(package.Key), package.Key.Name, package.Key.Version, package, "LIBRARY",
                SpdxText.PackageUrl(package.Key, plan.Distribution));
        }

        json.WriteEndArray();
        json.WriteStartArray("files");
        foreach (var file in files)
        {
            WriteFile(json, file);
        }

        json.WriteEndArray();
        json.WriteStartArray("relationships");
        WriteRelationship(json, "SPDXRef-DOCUMENT", "DESCRIBES", Image);
        foreach (var package in packages)
        {
            WriteRelationship(json, Image, "CONTAINS", IdOf(package.Key));
        }

        foreach (var file in files)
        {
            WriteRelationship(json, file.Packed.Package is { } package ? IdOf(package) : Image, "CONTAINS", file.Id);
        }

        json.WriteEndArray();
    }

    private static string IdOf(PackageOrigin package) => "SPDXRef-Package-"
        + SpdxText.Short($"{package.Database}/{package.Name}/{package.Version}/{package.Architecture}");

    private static void WritePackage(
        Utf8JsonWriter json, string id, string name, string version, IEnumerable<SpdxFile> files, string purpose, string? packageUrl)
    {
        json.WriteStartObject();
        json.WriteString("SPDXID", id);
        json.WriteString("name", name);
        if (version.Length > 0)
        {
            json.WriteString("versionInfo", version);
        }

        json.WriteString("downloadLocation", NoAssertion);
        json.WriteBoolean("filesAnalyzed", true);
        json.WriteStartObject("packageVerificationCode");
        json.WriteString("packageVerificationCodeValue", SpdxText.VerificationCode(files));
        json.WriteEndObject();
        json.WriteString("licenseConcluded", NoAssertion);
        json.WriteString("licenseDeclared", NoAssertion);
        json.WriteString("copyrightText", NoAssertion);
        json.WriteString("primaryPackagePurpose", purpose);
        if (packageUrl is not null)
        {
            json.WriteStartArray("externalRefs");
            json.WriteStartObject();
            json.WriteString("referenceCategory", "PACKAGE-MANAGER");
            json.WriteString("referenceType", "purl");
            json.WriteString("referenceLocator", packageUrl);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteFile(Utf8JsonWriter json, SpdxFile file)
    {
        json.WriteStartObject();
        json.WriteString("SPDXID", file.Id);
        json.WriteString("fileName", "." + file.Packed.Path);
        json.WriteStartArray("checksums");
        WriteChecksum(json, "SHA1", file.Sha1);
        WriteChecksum(json, "SHA256", file.Packed.Sha256!);
        json.WriteEndArray();
        json.WriteString("licenseConcluded", NoAssertion);
        json.WriteString("copyrightText", NoAssertion);
        json.WriteString("comment", $"layer: {Packer.NameOf(file.Packed.Layer)}");
        json.WriteEndObject();
    }

    private static void WriteChecksum(Utf8JsonWriter json, string algorithm, string value)
    {
        json.WriteStartObject();
        json.WriteString("algorithm", algorithm);
        json.WriteString("checksumValue", value);
        json.WriteEndObject();
    }

    private static void WriteRelationship(Utf8JsonWriter json, string from, string type, string to)
    {
        json.WriteStartObject();
        json.WriteString("spdxElementId", from);
        json.WriteString("relationshipType", type);
        json.WriteString("relatedSpdxElement", to);
        json.WriteEndObject();
    }
}
