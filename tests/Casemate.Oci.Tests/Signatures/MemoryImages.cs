namespace Casemate.Oci.Tests.Signatures;

/// <summary>A place for images in memory, in which tests can also put what no place should hold.</summary>
internal sealed class MemoryImages : IImageSource, IImageTarget
{
    public string Name => "memory";

    public Dictionary<Digest, byte[]> Content { get; } = [];

    public Dictionary<string, Descriptor> Tags { get; } = [];

    public List<(Digest Subject, Descriptor Descriptor)> Referrers { get; } = [];

    public Descriptor Put(string mediaType, byte[] content)
    {
        var descriptor = Descriptor.Of(mediaType, content);
        Content[descriptor.Digest] = content;
        return descriptor;
    }

    public Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel) =>
        Tags.TryGetValue(tagOrDigest ?? "latest", out var descriptor)
            ? Task.FromResult(descriptor)
            : Task.FromException<Descriptor>(new OciException(OciError.NotFound, $"no tag {tagOrDigest}"));

    public Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel) =>
        !Content.TryGetValue(descriptor.Digest, out var content) ? throw new OciException(OciError.NotFound, $"no {descriptor.Digest}")
        : !descriptor.Digest.Matches(content) || content.Length != descriptor.Size
            ? throw new OciException(OciError.DigestMismatch, $"{descriptor.Digest} is something else")
            : Task.FromResult<Stream>(new MemoryStream(content, writable: false));

    public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<Descriptor>>([.. Referrers.Where(entry => entry.Subject == subject).Select(entry => entry.Descriptor)]);

    public Task<bool> ExistsAsync(Descriptor descriptor, CancellationToken cancel) => Task.FromResult(Content.ContainsKey(descriptor.Digest));

    public async Task WriteAsync(Descriptor descriptor, Stream content, CancellationToken cancel)
    {
        using var memory = new MemoryStream();
        await content.CopyToAsync(memory, cancel);
        Assert.True(descriptor.Digest.Matches(memory.ToArray()));
        Content[descriptor.Digest] = memory.ToArray();
        if (MediaTypes.IsManifest(descriptor.MediaType))
        {
            var manifest = Casemate.Oci.Documents.ImageManifest.Parse(memory.ToArray(), "written");
            Assert.All(manifest.Layers.Append(manifest.Config), part => Assert.Contains(part.Digest, Content.Keys));
            if (manifest.Subject is { } subject)
            {
                Referrers.Add((subject.Digest, descriptor with { ArtifactType = manifest.ArtifactType, Annotations = manifest.Annotations }));
            }
        }
    }

    public Task TagAsync(Descriptor descriptor, string tag, CancellationToken cancel)
    {
        Assert.Contains(descriptor.Digest, Content.Keys);
        Tags[tag] = descriptor;
        return Task.CompletedTask;
    }
}
