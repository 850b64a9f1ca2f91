using System.Reflection;
using Casemate.Testing;

namespace Casemate.Rpc.Tests;

/// <summary>The protobuf compiler that the build uses, as an independent decoder.</summary>
internal static class Protoc
{
    private static readonly string Program = typeof(Protoc).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "Protoc").Value!;

    /// <summary>Field numbers and values of a message, one a line, as <c>protoc --decode_raw</c> prints them.</summary>
    public static Task<string> DecodeRawAsync(byte[] message) => RunAsync(message, "--decode_raw");

    /// <summary>Names and values of a message of one of our .proto files.</summary>
    public static Task<string> DecodeAsync(byte[] message, string type, string file) => RunAsync(
        message, $"--decode={type}", "--proto_path=" + Path.Combine(RepositoryPaths.Root, "src", "Casemate.Rpc", "Kubelet"), file);

    private static async Task<string> RunAsync(byte[] message, params string[] arguments)
    {
        var result = await ChildProgram.RunAsync(Program, arguments, message);
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        return result.Output;
    }
}
