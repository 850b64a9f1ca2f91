using System.Text;
using System.Text.Json;
using Casemate.Broker;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Secret;

public sealed class SecretCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Store => _directory.File("store");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Gives_BackEveryByteThatWasSet()
    {
        byte[] secret = [0, 10, 13, 26, 127, 128, 255];

        Assert.Equal(0, Run(secret, "set", "key").ExitCode);

        var got = Run([], "get", "key");
        Assert.Equal((0, ""), (got.ExitCode, got.Output));
        Assert.Equal(secret, got.Bytes);
    }

    [Fact]
    public void Reads_FromAFile()
    {
        File.WriteAllText(_directory.File("secret"), "from file\n");

        Run([], "set", "key", "--from-file", _directory.File("secret"));

        Assert.Equal("from file\n"u8.ToArray(), Run([], "get", "key").Bytes);
    }

    [Fact]
    public void Replaces_ASecretOfTheSameName()
    {
        Run("one"u8.ToArray(), "set", "key");
        Run("two"u8.ToArray(), "set", "default/secret/key");

        Assert.Equal("two"u8.ToArray(), Run([], "get", "key").Bytes);
    }

    [Fact]
    public void Lists_NamesAndNothingElse()
    {
        Run("hunter2"u8.ToArray(), "set", "shop/tls/key");
        Run("hunter2"u8.ToArray(), "set", "a");

        var table = Run([], "list");
        using var json = JsonDocument.Parse(Run([], "list", "-o", "json").Output);

        Assert.Equal(["default/secret/a", "shop/tls/key"], table.Lines);
        var listed = json.RootElement.GetProperty("secrets").EnumerateArray().Select(e => e.GetString());
        Assert.Equal(["default/secret/a", "shop/tls/key"], listed);
        Assert.Equal("casemate/v1", json.RootElement.GetProperty("apiVersion").GetString());
    }

    [Fact]
    public void Lists_NothingInAnEmptyStore()
    {
        Run("x"u8.ToArray(), "set", "key");
        Run([], "delete", "key");

        Assert.Equal((0, ""), (Run([], "list").ExitCode, Run([], "list").Output));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("get", "key")]
    [InlineData("delete", "key")]
    public void Refuses_AStoreThatIsNotThereAndMakesNone(params string[] command)
    {
        var result = Run([], command);

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("--store", result.Error, StringComparison.Ordinal);
        Assert.Contains(Store, result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Store));
    }

    [Fact]
    public void Names_TheFlagOfAStoreThatCannotBeMade()
    {
        var result = CommandLine.RunWith(
            new Dictionary<string, string>(), "x"u8.ToArray(), false, "secret", "set", "key", "--store", "/proc/xyz");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("--store: the store '/proc/xyz' cannot be used", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Deletes_ASecret()
    {
        Run("x"u8.ToArray(), "set", "key");

        Assert.Equal(0, Run([], "delete", "key").ExitCode);
        Assert.Equal(1, Run([], "get", "key").ExitCode);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("delete")]
    public void Says_WhenThereIsNoSuchSecret(string command)
    {
        Run("x"u8.ToArray(), "set", "key");
        var result = Run([], command, "nothing");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("there is no secret default/secret/nothing", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("a/b")]
    [InlineData("a/b/c/d")]
    [InlineData(".hidden")]
    [InlineData("with space")]
    [InlineData("")]
    public void Refuses_AWrongName(string name)
    {
        var result = Run("x"u8.ToArray(), "set", name);

        Assert.Equal(2, result.ExitCode);
        Assert.False(Directory.Exists(Store) && Directory.EnumerateFiles(Store, "*.sealed", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public void Refuses_AnEmptySecret() => Assert.Equal(3, Run([], "set", "key").ExitCode);

    [Fact]
    public void Refuses_ASecretBeyondTheLimit()
    {
        Assert.Equal(0, Run(new byte[DirectoryResourceStore.DefaultMaxResourceSize], "set", "key").ExitCode);

        var result = Run(new byte[DirectoryResourceStore.DefaultMaxResourceSize + 1], "set", "key");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("1024 KiB", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AFileThatIsNotThere()
    {
        var result = Run([], "set", "key", "--from-file", _directory.File("missing"));

        Assert.Equal(3, result.ExitCode);
        Assert.Contains(_directory.File("missing"), result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_WhenAStoredSecretIsDamaged()
    {
        Run("x"u8.ToArray(), "set", "key");
        var file = Directory.EnumerateFiles(Store, "*.sealed", SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);

        var result = Run([], "get", "key");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("damaged", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Bytes);
    }

    [Fact]
    public void Says_WhenTheKeyFileIsGone()
    {
        Run("x"u8.ToArray(), "set", "key");
        File.Delete(Directory.EnumerateFiles(Store, "*.key", SearchOption.AllDirectories).Single());

        var result = Run([], "get", "key");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("key file", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Keeps_NoSecretInTheClear()
    {
        Run("a very secret text"u8.ToArray(), "set", "name-of-it");

        foreach (var file in Directory.EnumerateFiles(Store, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain("very secret", Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal);
            Assert.DoesNotContain("name-of-it", file, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("CASEMATE_STORE", "")]
    [InlineData("CASEMATE_STATE_DIR", "serve")]
    [InlineData("XDG_STATE_HOME", "casemate/serve")]
    [InlineData("HOME", ".local/state/casemate/serve")]
    public void Finds_TheStoreOfTheEnvironment(string variable, string below)
    {
        var environment = new Dictionary<string, string> { [variable] = _directory.File("root") };

        CommandLine.RunWith(environment, "x"u8.ToArray(), false, "secret", "set", "key");

        Assert.True(Directory.Exists(Path.Combine(_directory.File("root"), below, "resources")));
    }

    [Fact]
    public void Says_WhenThereIsNoPlaceForAStore() =>
        Assert.Equal(2, CommandLine.RunWith(new Dictionary<string, string>(), [], false, "secret", "list").ExitCode);

    private CommandLine Run(byte[] input, params string[] arguments) =>
        CommandLine.RunWith(new Dictionary<string, string>(), input, false, ["secret", .. arguments, "--store", Store]);
}
