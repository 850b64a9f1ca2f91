using System.Text;
using Casemate.Oci.Registry;
using Casemate.Testing.Registry;

namespace Casemate.Oci.Tests.Registry;

/// <summary>Lists: tags and referrers. Source: OCI Distribution Specification 1.1, "Content Discovery".</summary>
public sealed class RegistryListTests
{
    private const string Sbom = "application/spdx+json";
    private const string Signature = "application/vnd.example.signature";

    [Fact]
    public async Task Tags_AreRead_PageByPage()
    {
        await using var peer = new Peer(new TestRegistryOptions { PageSize = 3 });
        var tags = Enumerable.Range(10, 10).Select(n => $"v{n}").ToList();
        tags.ForEach(tag => peer.App.AddImage(tag));

        Assert.Equal(tags, await peer.Repository().TagsAsync(CancellationToken.None));
        Assert.Equal(4, peer.Server.Log.Count);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task WhatRefersToAnImage_IsFound_WhateverTheRegistryKnows(bool hasReferrers, bool filters)
    {
        await using var peer = new Peer(new TestRegistryOptions { HasReferrers = hasReferrers, FiltersReferrers = filters, PageSize = 1 });
        var image = peer.App.AddImage("1");
        var subject = Descriptor.Of(MediaTypes.Manifest, peer.App.Manifests[image].Content);
        var repository = peer.Repository();

        Assert.Empty(await repository.ReferrersAsync(subject.Digest, null, CancellationToken.None));
        var sbom = await ReferAsync(peer, subject, Sbom);
        var signature = await ReferAsync(peer, subject, Signature);
        await ReferAsync(peer, subject, Signature);

        Assert.Equal(
            new HashSet<Digest> { sbom.Digest, signature.Digest },
            (await repository.ReferrersAsync(subject.Digest, null, CancellationToken.None)).Select(d => d.Digest).ToHashSet());
        var only = Assert.Single(await repository.ReferrersAsync(subject.Digest, Signature, CancellationToken.None));
        Assert.Equal((signature.Digest, Signature, "yes"), (only.Digest, only.ArtifactType, only.Annotations["kept"]));
        Assert.Equal(!hasReferrers, peer.App.Tags.ContainsKey(image.Replace(':', '-')));
    }

    private static async Task<Descriptor> ReferAsync(Peer peer, Descriptor subject, string type)
    {
        var content = Encoding.UTF8.GetBytes($$$"""
            {"schemaVersion":2,"mediaType":"{{{MediaTypes.Manifest}}}","artifactType":"{{{type}}}",
             "config":{"mediaType":"{{{MediaTypes.Empty}}}","digest":"{{{Digest.Of("{}"u8)}}}","size":2},"layers":[],
             "subject":{"mediaType":"{{{subject.MediaType}}}","digest":"{{{subject.Digest}}}","size":{{{subject.Size}}}},
             "annotations":{"kept":"yes"}}
            """);
        peer.App.AddBlob(Peer.Text("{}"));
        var descriptor = Descriptor.Of(MediaTypes.Manifest, content);
        await peer.Repository().WriteAsync(descriptor, new MemoryStream(content), CancellationToken.None);
        return descriptor;
    }
}
