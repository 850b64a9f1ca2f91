using Casemate.Oci.Copying;
using Casemate.Oci.Registry;
using Casemate.Testing;
using Casemate.Testing.Registry;

namespace Casemate.Oci.Tests.Registry;

/// <summary>Another program of the field beside ours: what one writes, the other reads, through the same registry.</summary>
public sealed class SkopeoTests
{
    private const string Program = "/usr/bin/skopeo";
    private const string Secret = "s3cret";
    private static readonly byte[] s_content = Peer.Bytes(400_000);

    private static readonly TestRegistryOptions s_tokens = new()
    {
        Auth = TestRegistryAuth.Token,
        Users = new Dictionary<string, string> { ["ann"] = Secret },
    };

    [Fact]
    public async Task WhatSkopeoPushes_IsReadHere()
    {
        await using var peer = new Peer(s_tokens, client => client with { Credentials = new Ann() });
        var digest = peer.Server.Repository("team/base").AddImage("1", s_content);

        await SkopeoAsync(
            "copy", "--insecure-policy", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds", $"ann:{Secret}",
            "--dest-creds", $"ann:{Secret}", $"docker://{peer.Server.Host}/team/base:1", $"docker://{peer.Server.Host}/team/app:1");

        Assert.Equal(digest, (await peer.Repository().ResolveAsync(null, CancellationToken.None)).Digest.Text);
        Assert.Equal(s_content, await Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));
    }

    [Fact]
    public async Task WhatIsPushedHere_SkopeoReads()
    {
        using var directory = new TemporaryDirectory();
        await using var from = new Peer();
        await using var to = new Peer(s_tokens, client => client with { Credentials = new Ann(), ChunkBytes = 64 * 1024 });
        var digest = from.App.AddImage("1", s_content);

        await ImageCopy.RunAsync(from.Repository(), null, to.Repository(), "1", new ImageCopyOptions(), CancellationToken.None);
        var inspected = await SkopeoAsync(
            "inspect", "--tls-verify=false", "--creds", $"ann:{Secret}", "--format", "{{.Digest}} {{.Architecture}}", $"docker://{to.Server.Host}/team/app:1");
        await SkopeoAsync(
            "copy", "--insecure-policy", "--preserve-digests", "--src-tls-verify=false", "--src-creds", $"ann:{Secret}",
            $"docker://{to.Server.Host}/team/app:1", $"dir:{directory.File("copy")}");

        Assert.Equal($"{digest} amd64", inspected.Trim());
        Assert.Equal(s_content, File.ReadAllBytes(directory.File($"copy/{Digest.Of(s_content).Hex}")));
    }

    [Fact]
    public async Task Tags_AreTheSame()
    {
        await using var peer = new Peer(new TestRegistryOptions { PageSize = 2 });
        foreach (var tag in "abcde")
        {
            peer.App.AddImage($"{tag}");
        }

        var listed = await SkopeoAsync("list-tags", "--tls-verify=false", $"docker://{peer.Server.Host}/team/app");

        Assert.All(await peer.Repository().TagsAsync(CancellationToken.None), tag => Assert.Contains($"\"{tag}\"", listed));
    }

    private static async Task<string> SkopeoAsync(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(Program), "skopeo is not installed");
        var ended = await ChildProgram.RunAsync(Program, arguments);
        Assert.True(ended.ExitCode == 0, ended.Error);
        return ended.Output;
    }

    private sealed class Ann : IRegistryCredentials
    {
        public ValueTask<RegistryCredential?> FindAsync(string registry, string repository, CancellationToken cancel) =>
            new(RegistryCredential.OfPassword("ann", Secret));
    }
}
