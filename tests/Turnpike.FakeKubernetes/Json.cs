using System.Text.Json.Nodes;

namespace Turnpike.FakeKubernetes;

/// <summary>Reading and writing inside objects.</summary>
public static class Json
{
    public static JsonObject Meta(this JsonObject item) => item.Child("metadata");

    public static string Name(this JsonObject item) => item.Meta().Text("name");

    public static string Namespace(this JsonObject item) => item.Meta().Text("namespace");

    public static string Uid(this JsonObject item) => item.Meta().Text("uid");

    public static bool IsEnding(this JsonObject item) => item.Meta().Text("deletionTimestamp").Length > 0;

    /// <summary>An object inside, made where there is none.</summary>
    public static JsonObject Child(this JsonObject item, string name)
    {
        if (item[name] is not JsonObject child)
        {
            child = [];
            item[name] = child;
        }
        return child;
    }

    public static string Text(this JsonObject item, string name) => item[name]?.ToString() ?? "";

    public static int Number(this JsonObject item, string name, int otherwise = 0) => item[name] is JsonValue value ? value.GetValue<int>() : otherwise;

    public static string Annotation(this JsonObject item, string name) => (item["metadata"]?["annotations"] as JsonObject)?.Text(name) ?? "";

    public static string Label(this JsonObject item, string name) => (item["metadata"]?["labels"] as JsonObject)?.Text(name) ?? "";

    public static JsonObject Copy(this JsonObject item) => (JsonObject)item.DeepClone();

    /// <summary>A merge patch (RFC 7386).</summary>
    public static void Merge(this JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch)
        {
            switch (value)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject part:
                    target.Child(name).Merge(part);
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }

    /// <summary>A JSON patch (RFC 6902) of add, replace, remove and test on members of objects.</summary>
    public static void Apply(this JsonObject target, JsonArray operations)
    {
        foreach (JsonObject operation in operations.OfType<JsonObject>())
        {
            string[] path = [.. operation.Text("path").Split('/').Skip(1).Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
            JsonObject at = path[..^1].Aggregate(target, (item, name) => item.Child(name));
            switch (operation.Text("op"))
            {
                case "add" or "replace":
                    at[path[^1]] = operation["value"]?.DeepClone();
                    break;
                case "remove":
                    at.Remove(path[^1]);
                    break;
                case "test" when !JsonNode.DeepEquals(at[path[^1]], operation["value"]):
                    throw new StatusException(422, "Invalid", $"the test of {operation.Text("path")} failed");
            }
        }
    }
}
