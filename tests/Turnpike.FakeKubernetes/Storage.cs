using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Turnpike.FakeKubernetes;

/// <summary>A change, as watches are told it.</summary>
/// <param name="Revision">The version after it.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Before">The object before; null: it came.</param>
/// <param name="After">The object after; null: it went.</param>
public sealed record Change(long Revision, Kind Kind, JsonObject? Before, JsonObject? After);

/// <summary>
/// The objects, with the versions that the API server gives them: every change has a number of its own, writes that name another version than the
/// current one are conflicts, writes that change nothing are none, and what is too old cannot be watched from.
/// </summary>
public sealed class Storage
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Kind Kind, string Namespace, string Name), JsonObject> _items = [];
    private readonly List<Change> _history = [];
    private readonly List<ChannelWriter<Change>> _watches = [];
    private long _revision = 1000;
    private long _compacted = 1000;

    /// <summary>Raised after each change, outside of any lock.</summary>
    public event Action? Changed;

    public long Revision => Interlocked.Read(ref _revision);

    /// <summary>Forgets what was until a version, or until now: a watch from before cannot go on.</summary>
    public void Compact(long? until = null)
    {
        lock (_lock)
        {
            _compacted = until ?? _revision;
            _history.RemoveAll(change => change.Revision <= _compacted);
        }
    }

    public JsonObject? Find(Kind kind, string ns, string name)
    {
        lock (_lock)
        {
            return _items.GetValueOrDefault((kind, ns, name))?.Copy();
        }
    }

    public JsonObject Get(Kind kind, string ns, string name) => Find(kind, ns, name) ?? throw StatusException.NotFound(kind, name);

    /// <summary>Objects of a kind, by name; of one namespace, or of all where it is empty.</summary>
    public IReadOnlyList<JsonObject> List(Kind kind, string ns = "") => List(kind, ns, out _);

    public IReadOnlyList<JsonObject> List(Kind kind, string ns, out long revision)
    {
        lock (_lock)
        {
            revision = _revision;
            return
            [
                .. _items.Where(item => item.Key.Kind == kind && (ns.Length == 0 || item.Key.Namespace == ns))
                    .OrderBy(item => item.Key.Namespace, StringComparer.Ordinal).ThenBy(item => item.Key.Name, StringComparer.Ordinal)
                    .Select(item => item.Value.Copy()),
            ];
        }
    }

    public JsonObject Create(Kind kind, JsonObject given)
    {
        JsonObject item = given.Copy();
        JsonObject meta = item.Meta();
        lock (_lock)
        {
            (Kind, string, string) key = (kind, kind.IsNamespaced ? item.Namespace() : "", item.Name());
            if (_items.ContainsKey(key))
            {
                throw new StatusException(409, "AlreadyExists", $"{kind.Resource} \"{item.Name()}\" already exists");
            }
            item["apiVersion"] = kind.ApiVersion;
            item["kind"] = kind.Name;
            meta["uid"] = Guid.NewGuid().ToString();
            meta["creationTimestamp"] = Timestamp();
            meta["generation"] = 1;
            Put(kind, key, null, item);
            item = item.Copy();
        }
        Changed?.Invoke();
        return item;
    }

    /// <summary>Changes an object that is there; where nothing changes, nothing happens.</summary>
    public JsonObject Update(Kind kind, string ns, string name, Action<JsonObject> edit)
    {
        JsonObject result;
        lock (_lock)
        {
            (Kind, string, string) key = (kind, ns, name);
            JsonObject before = _items.GetValueOrDefault(key) ?? throw StatusException.NotFound(kind, name);
            JsonObject after = before.Copy();
            edit(after);
            if (after.Uid() != before.Uid())
            {
                throw StatusException.Conflict(kind, name, $"Precondition failed: UID in precondition: {after.Uid()}, UID in object meta: {before.Uid()}");
            }
            if (after.Meta().Text("resourceVersion") is { Length: > 0 } version && version != before.Meta().Text("resourceVersion"))
            {
                throw StatusException.Conflict(kind, name, "the object has been modified; please apply your changes to the latest version and try again");
            }
            after.Meta()["resourceVersion"] = before.Meta()["resourceVersion"]?.DeepClone();
            if (JsonNode.DeepEquals(before, after))
            {
                return after;
            }
            if (!JsonNode.DeepEquals(before["spec"], after["spec"]))
            {
                after.Meta()["generation"] = before.Meta().Number("generation") + 1;
            }
            Put(kind, key, before, after);
            result = after.Copy();
        }
        Changed?.Invoke();
        return result;
    }

    public JsonObject Remove(Kind kind, string ns, string name)
    {
        JsonObject gone;
        lock (_lock)
        {
            gone = _items.GetValueOrDefault((kind, ns, name)) ?? throw StatusException.NotFound(kind, name);
            _items.Remove((kind, ns, name));
            JsonObject last = gone.Copy();
            last.Meta()["resourceVersion"] = (_revision + 1).ToString(CultureInfo.InvariantCulture);
            Tell(new Change(++_revision, kind, last, null));
        }
        Changed?.Invoke();
        return gone;
    }

    /// <summary>Changes after a version, and those to come until it is disposed.</summary>
    public Subscription Watch(long since)
    {
        lock (_lock)
        {
            if (since < _compacted)
            {
                throw StatusException.Gone($"too old resource version: {since} ({_compacted})");
            }
            Channel<Change> channel = Channel.CreateUnbounded<Change>();
            foreach (Change change in _history.Where(change => change.Revision > since))
            {
                channel.Writer.TryWrite(change);
            }
            _watches.Add(channel.Writer);
            return new Subscription(this, channel);
        }
    }

    internal void End(ChannelWriter<Change> watch)
    {
        lock (_lock)
        {
            _watches.Remove(watch);
        }
    }

    private void Put(Kind kind, (Kind, string, string) key, JsonObject? before, JsonObject after)
    {
        after.Meta()["resourceVersion"] = (_revision + 1).ToString(CultureInfo.InvariantCulture);
        _items[key] = after;
        Tell(new Change(++_revision, kind, before?.Copy(), after.Copy()));
    }

    private void Tell(Change change)
    {
        _history.Add(change);
        _watches.ForEach(watch => watch.TryWrite(change));
    }

    internal static string Timestamp() => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A watch of the storage.</summary>
public sealed class Subscription(Storage storage, Channel<Change> channel) : IDisposable
{
    public ChannelReader<Change> Changes => channel.Reader;

    public void Dispose() => storage.End(channel.Writer);
}
