using System.Reflection;
using System.Text;
using Casemate.Testing;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>The decoder of protobuf's own compiler: knows nothing of our messages, and nothing of our encoder.</summary>
internal static class Protoc
{
    /// <summary>What <c>protoc --decode_raw</c> makes of bytes; the test fails when it makes nothing of them.</summary>
    public static Task<string> DecodeRawAsync(byte[] message) => RunAsync(message, "--decode_raw");

    /// <summary>
    /// What protoc makes of bytes by a schema that a test wrote down itself: for texts that happen to be messages as well, such as
    /// <c>epc-0</c>.
    /// </summary>
    /// <param name="message">The bytes.</param>
    /// <param name="schema">Messages of proto3; the first one is <c>M</c>.</param>
    public static async Task<string> DecodeAsync(byte[] message, string schema)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("test.proto"), "syntax = \"proto3\";\n" + schema);
        return await RunAsync(message, "--decode=M", $"--proto_path={directory.Path}", "test.proto");
    }

    /// <summary>The fields of a message in protoc's notation, for comparison.</summary>
    public static string Field(int number, string value, int indent = 0) =>
        new StringBuilder().Append(' ', indent * 2).Append(number).Append(": \"").Append(value).Append("\"\n").ToString();

    private static async Task<string> RunAsync(byte[] message, params string[] arguments)
    {
        var path = typeof(Protoc).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "Protoc").Value!;
        var result = await ChildProgram.RunAsync(path, arguments, message);
        Assert.True(result.ExitCode == 0, $"protoc: {result.Error} (message of {message.Length} bytes)");
        return result.Output.ReplaceLineEndings("\n");
    }
}
