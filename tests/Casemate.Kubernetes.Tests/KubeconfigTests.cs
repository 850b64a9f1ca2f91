using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>Which server a kubeconfig leads to, and what is said about a file that leads nowhere.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KubeconfigTests : IDisposable
{
    private const string Whole =
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: k\n  cluster: {server: 'http://127.0.0.1:8001'}\n"
        + "users:\n- name: u\n  user: {token: t0ken}\ncontexts:\n- name: c\n  context: {cluster: k, user: u, namespace: ns}\n"
        + "- name: d\n  context: {cluster: k}\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Reads_TheCurrentContext_OrTheOneThatIsNamed()
    {
        var path = Write(Whole);

        Assert.Equal("ns", KubeConfiguration.Load(path).Namespace);
        Assert.Equal("default", KubeConfiguration.Load(path, new KubeconfigOptions { Context = "d" }).Namespace);
        Assert.Equal("http://127.0.0.1:8001/", KubeConfiguration.Load(path).Server.ToString());
    }

    [Fact]
    public void Reads_Json_TooAsKubectlDoes() =>
        Assert.Equal("http://127.0.0.1:8001/", KubeConfiguration.Load(Write(
            """{"current-context":"c","clusters":[{"name":"k","cluster":{"server":"http://127.0.0.1:8001"}}],"contexts":[{"name":"c","context":{"cluster":"k"}}]}"""))
            .Server.ToString());

    [Fact]
    public void Takes_OfSeveralFiles_WhatTheFirstNames()
    {
        var second = _directory.File("second");
        File.WriteAllText(second, Whole.Replace("8001", "8002", StringComparison.Ordinal));
        var first = Write("clusters:\n- name: k\n  cluster: {server: 'http://127.0.0.1:8003'}\n");
        var environment = new KubeEnvironment
        {
            Variable = name => name == "KUBECONFIG" ? $"{_directory.File("absent")}:{first}:{second}" : null,
        };

        Assert.Equal(8003, KubeConfiguration.Load(environment: environment).Server.Port);
    }

    [Theory]
    [InlineData("", "not a kubeconfig")]
    [InlineData("- a", "not a kubeconfig")]
    [InlineData("kind: Secret", "its kind is not Config")]
    [InlineData("a: b\na: c", "line 2, column 1: this key appears twice")]
    [InlineData("a: &x b\nc: *x", "anchors")]
    [InlineData("a: !!binary x", "tags")]
    [InlineData("a: [b", "not YAML")]
    [InlineData("a: b\n---\nc: d", "a second document")]
    [InlineData("clusters: 1", "clusters is not a list")]
    [InlineData("clusters: [{cluster: {}}]", "with a name")]
    [InlineData("clusters: [{name: k}, {name: k}]", "holds 'k' twice")]
    [InlineData("clusters: []", "no current-context")]
    [InlineData("current-context: x", "no 'x' in contexts")]
    public void Refuses_AFile_SayingWhere(string content, string expected) => Refuses(content, expected);

    [Theory]
    [InlineData("server: 'http://127.0.0.1:8001'", "server: 'http://10.0.0.1:8001'", "without TLS")]
    [InlineData("server: 'http://127.0.0.1:8001'", "server: ftp://x", "not an address")]
    [InlineData("server: 'http://127.0.0.1:8001'", "server: 'https://h', insecure-skip-tls-verify: true", "AllowUnverifiedApiServer")]
    [InlineData("server: 'http://127.0.0.1:8001'", "server: 'https://h', insecure-skip-tls-verify: maybe", "true or false")]
    [InlineData("server: 'http://127.0.0.1:8001'", "server: 'https://h', certificate-authority-data: '%%'", "not base64")]
    [InlineData("server: 'http://127.0.0.1:8001'", "server: 'https://h', certificate-authority-data: aGVsbG8=", "no certificate")]
    [InlineData("server: 'http://127.0.0.1:8001'", "server: 'https://h', certificate-authority: absent.crt", "config, clusters 'k': certificate-authority: /")]
    [InlineData("server: 'http://127.0.0.1:8001'", "server: 'https://h', certificate-authority: absent.crt", "/absent.crt: no such file")]
    [InlineData("token: t0ken", "client-certificate-data: aGVsbG8=, client-key: absent.key", "config, users 'u': client-key: /")]
    [InlineData("token: t0ken", "client-certificate: /dev/zero, client-key: absent.key", "'u': client-certificate: /dev/zero cannot be read: it is a pipe")]
    [InlineData("server: 'http://127.0.0.1:8001'", "server: 'https://h', proxy-url: 'http://p'", "proxy-url is not supported")]
    [InlineData("token: t0ken", "token: 'a b'", "no HTTP header may")]
    [InlineData("token: t0ken", "token: {a: b}", "token is not a text")]
    [InlineData("token: t0ken", "username: u, password: p", "username is not supported")]
    [InlineData("token: t0ken", "client-certificate-data: aGVsbG8=", "belong together")]
    [InlineData("token: t0ken", "client-certificate-data: aGVsbG8=, client-key-data: aGVsbG8=", "in PEM form")]
    [InlineData("token: t0ken", "exec: {command: x}", "exec.apiVersion")]
    [InlineData("token: t0ken", "exec: {apiVersion: client.authentication.k8s.io/v1}", "with a command")]
    public void Refuses_AnEntry_SayingWhichAndWhy(string place, string instead, string expected) =>
        Refuses(Whole.Replace(place, instead, StringComparison.Ordinal), expected);

    [Fact]
    public void Never_QuotesAToken()
    {
        var failure = Assert.Throws<KubeConfigurationException>(
            () => KubeConfiguration.Load(Write(Whole.Replace("t0ken", "'se cret'", StringComparison.Ordinal))));

        Assert.DoesNotContain("cret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_AProgram_AndKeepsItsAnswer_UntilItExpires()
    {
        await using var server = await TestApiServer.StartAsync();
        server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        var clock = new ManualTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        using var client = new KubeClient(Exec(
            server,
            """
            echo run >> "$(dirname "$0")/runs"
            n=$(wc -l < "$(dirname "$0")/runs" | tr -d ' ')
            printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s-%s","expirationTimestamp":"2026-03-01T12:05:00Z"}}' "$WHO" "$n"
            """), new KubeClientOptions { Time = clock });

        await client.GetAsync(KubeResource.Nodes, null, "n1");
        await client.GetAsync(KubeResource.Nodes, null, "n1");
        clock.Advance(TimeSpan.FromMinutes(5));
        await client.GetAsync(KubeResource.Nodes, null, "n1");

        Assert.Equal(["me-1", "me-1", "me-2"], server.Requests.Select(request => request.Token));
    }

    [Theory]
    [InlineData("exit 3", "ended with 3")]
    [InlineData("echo hello", "did not write an ExecCredential in JSON")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{}}'", "neither a token")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"other/v1\",\"status\":{\"token\":\"x\"}}'", "of client.authentication.k8s.io/v1")]
    public async Task Says_WhatIsWrong_WithTheProgram(string script, string expected)
    {
        await using var server = await TestApiServer.StartAsync();
        using var client = new KubeClient(Exec(server, script));

        var failure = await Assert.ThrowsAsync<KubeConfigurationException>(() => client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("exec sleep 60", "did not end within 0.5 s")]
    [InlineData("sleep 60 & echo $! > \"$(dirname \"$0\")/child\"; wait", "did not end within 0.5 s")]
    [InlineData("exec yes no >&2", "did not end within 0.5 s")]
    [InlineData("exec yes", "wrote more than 1 MiB")]
    public async Task Ends_AProgramThatHangsOrFloods_Once_AndNamesIt(string script, string expected)
    {
        await using var server = await TestApiServer.StartAsync();
        using var client = new KubeClient(Exec(server, script));
        if (expected.Contains("0.5 s", StringComparison.Ordinal))
        {
            client.EndWithin(TimeSpan.FromSeconds(0.5));
        }

        var failure = await Assert.ThrowsAsync<KubeConfigurationException>(() => client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains("users 'u': the program ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("/plugin,", failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
        if (File.Exists(_directory.File("child")))
        {
            var child = $"/proc/{File.ReadAllText(_directory.File("child")).Trim()}/cmdline";
            for (var i = 0; i < 100 && IsAlive(child); i++)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }

            Assert.False(IsAlive(child));
        }

        // A process that nobody has waited for yet has no command line.
        static bool IsAlive(string path)
        {
            try
            {
                return File.ReadAllText(path).Length > 0;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Refuses_APipe_InPlaceOfAFile_WithoutWaitingForAWriter()
    {
        var pipe = _directory.File("pipe");
        using (var made = Process.Start("mkfifo", pipe))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(
            $"{pipe} cannot be read: it is a pipe, a device or a socket, not a regular file.",
            Assert.Throws<KubeConfigurationException>(() => KubeConfiguration.Load(pipe)).Message);
        using var client = new KubeClient(KubeConfiguration.Load(Write(Whole.Replace("token: t0ken", "tokenFile: pipe", StringComparison.Ordinal))));
        Assert.Contains(
            $"config, users 'u': tokenFile: {pipe} cannot be read",
            (await Assert.ThrowsAsync<KubeConfigurationException>(() => client.GetVersionAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DoesNotWait_ForWhatAProgramLeavesBehind_WithItsOutput()
    {
        await using var server = await TestApiServer.StartAsync();
        using var client = new KubeClient(Exec(server, "sleep 20 & echo '{}'"));

        var failure = await Assert.ThrowsAsync<KubeConfigurationException>(() => client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.Contains("ended, and something that it started keeps its output open", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_WhatToDo_WhenThereIsNoCluster()
    {
        var environment = new KubeEnvironment { Variable = _ => null, HomeDirectory = _directory.Path };

        Assert.Contains(
            "Name a kubeconfig file",
            Assert.Throws<KubeConfigurationException>(() => KubeConfiguration.Load(environment: environment)).Message,
            StringComparison.Ordinal);
    }

    private KubeConfiguration Exec(TestApiServer server, string script)
    {
        var program = _directory.File("plugin");
        File.WriteAllText(program, "#!/bin/sh\n" + script.ReplaceLineEndings("\n") + "\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return KubeConfiguration.Load(Write(Whole
            .Replace("http://127.0.0.1:8001", server.Address.ToString(), StringComparison.Ordinal)
            .Replace(
                "{token: t0ken}",
                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, env: [{name: WHO, value: me}]}}",
                StringComparison.Ordinal)));
    }

    private void Refuses(string content, string expected) => Assert.Contains(
        expected, Assert.Throws<KubeConfigurationException>(() => KubeConfiguration.Load(Write(content))).Message, StringComparison.Ordinal);

    private string Write(string content)
    {
        var path = _directory.File("config");
        File.WriteAllText(path, content, new UTF8Encoding(false));
        return path;
    }
}
