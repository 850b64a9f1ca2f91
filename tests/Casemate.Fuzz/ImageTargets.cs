using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Casemate.KataPolicy;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;
using Casemate.Oci.Registry;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What policies are bound to: an image as a registry gives it, with documents and layers that fit each other or do not.</summary>
public static class ImageTargets
{
    private const string Host = "registry.example";

    private static readonly OciLimits s_limits = new()
    {
        MaxManifestBytes = 1 << 16,
        MaxConfigBytes = 1 << 16,
        MaxLayers = 8,
        MaxIndexEntries = 8,
        MaxUnpackedBytes = 1 << 20,
        MaxLayerEntries = 64,
    };

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("registry-image", Resolve, [Answers(ImageForm.GuestPull), Answers(ImageForm.HostTarfsVerity)]),
    ];

    // The form, the lengths of manifest and configuration, both of them, and whatever is left as the layer.
    private static bool Resolve(ReadOnlySpan<byte> input)
    {
        if (input.Length < 5)
        {
            return false;
        }

        var form = (input[0] & 1) == 0 ? ImageForm.GuestPull : ImageForm.HostTarfsVerity;
        var (manifestLength, configLength) = (BinaryPrimitives.ReadUInt16LittleEndian(input[1..]), BinaryPrimitives.ReadUInt16LittleEndian(input[3..]));
        var rest = input[5..];
        var manifest = rest[..Math.Min(manifestLength, rest.Length)].ToArray();
        rest = rest[manifest.Length..];
        var config = rest[..Math.Min(configLength, rest.Length)].ToArray();
        using var registry = new Answering(manifest, config, rest[config.Length..].ToArray());
        using var client = new RegistryClient(new RegistryOptions { Limits = s_limits, MaxAttempts = 1 }, registry);
        var resolver = new ImageResolver(
            new ImageResolverOptions { Registries = client, Limits = s_limits, Roots = new LayerRoots(null, s_limits) });
        try
        {
            var facts = resolver.FindAsync($"{Host}/app:1", form, CancellationToken.None).GetAwaiter().GetResult();
            Require(facts.ManifestDigest == Digest.Of(manifest), "bound to another manifest than the one that was read", input);
            Require(facts.ConfigDigest == Digest.Of(config), "bound to another configuration than the one that was read", input);
            Require(form is ImageForm.GuestPull || facts.Layers.Length == facts.DiffIds.Length, "a layer without a root", input);
            return true;
        }
        catch (Exception refused) when (refused is OciException or LayerException)
        {
            Require(refused.Message.Length > 0 && !refused.Message.Any(char.IsControl), "a refusal that is not fit to be shown", input);
            return false;
        }
    }

    private static byte[] Answers(ImageForm form)
    {
        using var plain = new MemoryStream();
        LayerBuilder.WriteAsync(
            [LayerFile.File("etc/passwd", ContentSource.FromBytes("web:x:101:102::/:\n"u8.ToArray()))], plain, new LayerOptions { Compress = false },
            CancellationToken.None).GetAwaiter().GetResult();
        var layer = plain.ToArray();
        var config = Encoding.UTF8.GetBytes(
            $$$"""{"architecture":"amd64","os":"linux","config":{"User":"web"},"rootfs":{"type":"layers","diff_ids":["{{{Digest.Of(layer)}}}"]}}""");
        var manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.Manifest}}","config":{{Descriptor(MediaTypes.Config, config)}},"layers":[{{Descriptor(MediaTypes.Layer, layer)}}]}""");
        var input = new byte[5];
        input[0] = form is ImageForm.GuestPull ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteUInt16LittleEndian(input.AsSpan(1), (ushort)manifest.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(input.AsSpan(3), (ushort)config.Length);
        return [.. input, .. manifest, .. config, .. layer];
    }

    private static string Descriptor(string mediaType, byte[] content) =>
        $$"""{"mediaType":"{{mediaType}}","digest":"{{Digest.Of(content)}}","size":{{content.Length}}}""";

    // Says what it is asked for, whatever the digest: what is not the right content must be noticed by whoever asks.
    private sealed class Answering(byte[] manifest, byte[] config, byte[] layer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath;
            var isManifest = path.Contains("/manifests/", StringComparison.Ordinal);
            var content = isManifest ? manifest : path.EndsWith(Digest.Of(config).Text, StringComparison.Ordinal) ? config : layer;
            var answer = new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new ByteArrayContent(content) };
            answer.Content.Headers.ContentType = new MediaTypeHeaderValue(isManifest ? MediaTypes.Manifest : "application/octet-stream");
            return Task.FromResult(answer);
        }
    }
}
