future = GFutures.Future.from_async(file.load_contents_async)
