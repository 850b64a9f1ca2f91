using System.Text;
using System.Text.Json;

namespace Casemate.Webhook.Load;

/// <summary>Reviews of about 10 kB, as an API server sends them for a pod of a Deployment with two containers.</summary>
internal static class SampleReview
{
    private const int Variables = 71;

    /// <summary>The JSON of one.</summary>
    /// <param name="epc">Whether the pod asks for EPC, under the name of the first AKS add-on.</param>
    public static byte[] Make(bool epc)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("kind", "AdmissionReview");
            json.WriteString("apiVersion", "admission.k8s.io/v1");
            json.WriteStartObject("request");
            json.WriteString("uid", "705ab4f5-6393-11e8-b7cc-42010a800002");
            json.WriteStartObject("resource");
            json.WriteString("group", "");
            json.WriteString("version", "v1");
            json.WriteString("resource", "pods");
            json.WriteEndObject();
            json.WriteString("namespace", "shop");
            json.WriteString("operation", "CREATE");
            json.WriteStartObject("object");
            json.WriteString("kind", "Pod");
            json.WriteString("apiVersion", "v1");
            json.WriteStartObject("metadata");
            json.WriteString("generateName", "checkout-7d9f8b6c5d-");
            json.WriteStartObject("labels");
            json.WriteString("app", "checkout");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject("spec");
            json.WriteStartArray("containers");
            Container(json, "checkout", epc);
            Container(json, "proxy", false);
            json.WriteEndArray();
            json.WriteString("restartPolicy", "Always");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteNull("oldObject");
            json.WriteBoolean("dryRun", false);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>The bytes of a request with it.</summary>
    public static byte[] Request(Uri address, byte[] review) =>
    [
        .. Encoding.ASCII.GetBytes(
            $"POST {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\n"
                + $"Content-Length: {review.Length}\r\n\r\n"),
        .. review,
    ];

    private static void Container(Utf8JsonWriter json, string name, bool epc)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("image", $"registry.example.net/shop/{name}:1.4.2");
        json.WriteStartArray("env");
        for (var i = 0; i < Variables; i++)
        {
            json.WriteStartObject();
            json.WriteString("name", $"SETTING_NUMBER_{i}");
            json.WriteString("value", $"a value of some length {i}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("resources");
        foreach (var map in (string[])["limits", "requests"])
        {
            json.WriteStartObject(map);
            json.WriteString("cpu", "500m");
            json.WriteString("memory", "256Mi");
            if (epc)
            {
                json.WriteString("kubernetes.azure.com/sgx_epc_mem_in_MiB", "10");
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
