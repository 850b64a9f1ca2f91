using System.Buffers;
using System.Text.Json;
using Casemate.Broker;
using Casemate.Primitives.Json;
using Casemate.Quoting;
using Casemate.Serve.Http;
using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Guest;

/// <content>What each path of the guest API does.</content>
internal sealed partial class GuestApiApplication
{
    private Task InfoAsync(HttpContext context) => AnswerAsync(context, StatusCodes.Status200OK, Json, WriteJson(json =>
    {
        json.WriteString("version", options.Version);
        if (options.Features is not GuestApiFeatures.Resource)
        {
            json.WriteString("tee", evidence.Tee);
        }

        json.WriteString("feature", options.Features switch
        {
            GuestApiFeatures.Resource => "resource",
            GuestApiFeatures.Attestation => "attestation",
            GuestApiFeatures.All => "all",
            var unknown => throw new InvalidOperationException($"The feature set {unknown} has no name."),
        });
    }));

    // Both token types come from the broker: its attestation service has no address of its own.
    private async Task TokenAsync(HttpContext context)
    {
        if (!GuestQuery.TryParse(context.Request.QueryString.Value ?? "", out var query, out var error))
        {
            await BadRequestAsync(context, error);
            return;
        }

        if (query["token_type"] is not ("kbs" or "coco_as"))
        {
            await BadRequestAsync(context, "token_type is missing or unknown: write token_type=kbs or token_type=coco_as");
            return;
        }

        var token = await kbs.GetTokenAsync(context.RequestAborted);
        GuestApiLog.TokenGiven(logger, token.Expires);
        await AnswerAsync(context, StatusCodes.Status200OK, Bytes, WriteJson(json =>
        {
            json.WriteString("token", token.Jwt);
            json.WriteString("tee_keypair", token.TeeKeyPem);
        }));
    }

    private async Task EvidenceAsync(HttpContext context)
    {
        if (!TryReadReportData(context, out var reportData, out var error))
        {
            await BadRequestAsync(context, error!);
            return;
        }

        var made = await evidence.GetEvidenceAsync(reportData, context.RequestAborted);
        GuestApiLog.EvidenceGiven(logger, made.Length);
        await AnswerAsync(context, StatusCodes.Status200OK, Bytes, made);
    }

    // Evidence of further devices, by TEE. This guest has none; the query is judged all the same.
    private static Task AdditionalEvidenceAsync(HttpContext context) => TryReadReportData(context, out _, out var error)
        ? AnswerAsync(context, StatusCodes.Status200OK, Bytes, "{}"u8.ToArray())
        : BadRequestAsync(context, error!);

    private async Task ExtendAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context.Request, MaximumRequestBody, context.RequestAborted)
            ?? throw new BadHttpRequestException("The body of the request is too large.", StatusCodes.Status413PayloadTooLarge);
        if (!StrictJson.TryParse(body, out var document, out var problem, maxDepth: 4))
        {
            await BadRequestAsync(context, $"the entry is not JSON: {problem}");
            return;
        }

        using (document)
        {
            if (!TryReadEntry(document.RootElement, out var entry, out var error))
            {
                await BadRequestAsync(context, error!);
                return;
            }

            if (evidence is not IRuntimeMeasurements measurements)
            {
                await AnswerAsync(context, StatusCodes.Status200OK, Json, WriteJson(json =>
                {
                    json.WriteString("success", "false");
                    json.WriteString("message", "The platform does not support runtime measurement");
                }));
                return;
            }

            await measurements.ExtendAsync(entry!, context.RequestAborted);
        }

        GuestApiLog.MeasurementExtended(logger);
        await AnswerAsync(context, StatusCodes.Status200OK, Json, WriteJson(json => json.WriteString("success", "true")));
    }

    private async Task ResourceAsync(HttpContext context, string path)
    {
        if (!ResourcePath.TryParse(path, out var resource))
        {
            await TextAsync(context, StatusCodes.Status404NotFound, "URL NOT FOUND: a resource is REPOSITORY/TYPE/TAG");
            return;
        }

        var content = await kbs.GetResourceAsync(resource, context.RequestAborted);
        GuestApiLog.ResourceGiven(logger, resource.ToString(), content.Length);
        await AnswerAsync(context, StatusCodes.Status200OK, Bytes, content);
    }

    private static bool TryReadReportData(HttpContext context, out byte[] reportData, out string? error)
    {
        reportData = [];
        if (!GuestQuery.TryParse(context.Request.QueryString.Value ?? "", out var query, out error)
            || !query.TryReadReportData(out var read, out error))
        {
            return false;
        }

        reportData = read;
        return true;
    }

    // One line of the event log: domain, operation and content, separated by spaces, so the first two have none.
    private static bool TryReadEntry(JsonElement root, out string? entry, out string? error)
    {
        entry = null;
        var parts = new string[3];
        string[] names = ["domain", "operation", "content"];
        for (var i = 0; i < parts.Length; i++)
        {
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty(names[i], out var value)
                || value.ValueKind is not JsonValueKind.String)
            {
                error = $"the entry lacks the text member '{names[i]}'";
                return false;
            }

            parts[i] = value.GetString()!;
            if (parts[i].AsSpan().ContainsAny("\r\n") || (i < 2 && (parts[i].Length == 0 || parts[i].Contains(' '))))
            {
                error = i < 2 ? $"'{names[i]}' must be a word without spaces or line ends" : "'content' must be one line";
                return false;
            }
        }

        entry = string.Join(' ', parts);
        error = null;
        return true;
    }

    private static Task BadRequestAsync(HttpContext context, string error) =>
        TextAsync(context, StatusCodes.Status400BadRequest, $"BAD REQUEST: {error}");

    private static ReadOnlyMemory<byte> WriteJson(Action<Utf8JsonWriter> writeMembers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
