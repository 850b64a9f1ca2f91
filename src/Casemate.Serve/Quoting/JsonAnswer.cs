using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Primitives;
using Casemate.Quoting;
using Casemate.Serve.Http;
using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Quoting;

/// <summary>Writes answers of the evidence endpoint.</summary>
internal static class JsonAnswer
{
    private const string Json = "application/json";

    // Sentences quote names in '; the document is never embedded in HTML.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with an object.</summary>
    public static Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> writeMembers)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(body, s_options))
        {
            writer.WriteStartObject();
            writer.WriteString("apiVersion"u8, ApiVersion.V1);
            writeMembers(writer);
            writer.WriteEndObject();
        }

        return LocalApplication.AnswerAsync(context, status, Json, body.WrittenMemory);
    }

    /// <summary>Answers with an error: its stable name, the code of AESM that comes nearest, what is wrong, what to do.</summary>
    public static Task ErrorAsync(HttpContext context, int status, string name, AesmError code, string message, string remedy) =>
        WriteAsync(context, status, writer =>
        {
            writer.WriteStartObject("error"u8);
            writer.WriteString("name"u8, name);
            writer.WriteNumber("code"u8, (int)code);
            writer.WriteString("message"u8, message);
            writer.WriteString("remedy"u8, remedy);
            writer.WriteEndObject();
        });

    /// <summary>Answers with a JSON document that is written already.</summary>
    public static Task DocumentAsync(HttpContext context, ReadOnlyMemory<byte> document) =>
        LocalApplication.AnswerAsync(context, StatusCodes.Status200OK, Json, document);
}
